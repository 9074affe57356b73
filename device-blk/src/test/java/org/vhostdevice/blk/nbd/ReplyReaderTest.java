package org.vhostdevice.blk.nbd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.vhostdevice.blk.nbd.TestServer.chunk;
import static org.vhostdevice.blk.nbd.TestServer.concat;
import static org.vhostdevice.blk.nbd.TestServer.error;
import static org.vhostdevice.blk.nbd.TestServer.ints;
import static org.vhostdevice.blk.nbd.TestServer.longs;
import static org.vhostdevice.blk.nbd.TestServer.shorts;
import static org.vhostdevice.blk.nbd.TestServer.simple;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// The rules for replies that protect the client (NBD, "Structured reply types").
class ReplyReaderTest {
    private static final long READ = 1;
    private static final long FLUSH = 2;
    private static final long STATUS = 3;
    private static final int DONE = Nbd.REPLY_FLAG_DONE;
    private static final int DATA = Nbd.REPLY_TYPE_OFFSET_DATA;
    private static final int HOLE = Nbd.REPLY_TYPE_OFFSET_HOLE;
    private static final int BLOCKS = Nbd.REPLY_TYPE_BLOCK_STATUS;
    private static final int ERROR = Nbd.REPLY_TYPE_ERROR + 1;
    private static final int ERROR_OFFSET = Nbd.REPLY_TYPE_ERROR_OFFSET;
    private static final int CONTEXT = 7;

    private final Request read = request(Command.READ, 1000, 16);
    private final Request flush = request(Command.FLUSH, 0, 0);
    private final Request status = request(Command.BLOCK_STATUS, 1000, 4096);

    private static Request request(Command command, long offset, long length) {
        Request request = new Request();
        request.prepare(command, 0, offset, length);
        request.reopen();
        return request;
    }

    private ReplyReader reader(boolean structured, byte[]... messages) {
        Map<Long, Request> requests = Map.of(READ, read, FLUSH, flush, STATUS, status);
        Inbound in = new Inbound(new MemoryWire(concat(messages)));
        return new ReplyReader(in, new Export.Replies(structured, true, CONTEXT), requests::get);
    }

    /// Reads all messages, the last of which must complete the answer to a request.
    private void assertAnswers(long cookie, byte[]... messages) throws IOException {
        ReplyReader reader = reader(true, messages);
        for (int i = 0; i < messages.length - 1; i++) {
            assertEquals(ReplyReader.MORE, reader.next());
        }
        assertEquals(cookie, reader.next());
    }

    private void assertBreaks(byte[]... messages) {
        ReplyReader reader = reader(true, messages);
        assertThrows(ProtocolViolation.class, () -> {
            for (int i = 0; i < messages.length; i++) {
                long _ = reader.next();
            }
        });
        read.reopen();
        status.reopen();
    }

    private static byte[] data(int flags, long offset, int count, int value) {
        byte[] bytes = new byte[count];
        Arrays.fill(bytes, (byte) value);
        return chunk(READ, flags, DATA, concat(longs(offset), bytes));
    }

    private static byte[] hole(int flags, long offset, int count) {
        return chunk(READ, flags, HOLE, concat(longs(offset), ints(count)));
    }

    @Test
    void partsComeInAnyOrder() throws Exception {
        read.payload().fill((byte) -1);
        assertAnswers(READ, data(0, 1010, 6, 3), data(0, 1000, 4, 1), hole(DONE, 1004, 6));
        assertNull(read.errorKind());
        assertArrayEquals(
                new byte[] {1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 3, 3, 3, 3, 3, 3},
                read.payload().toArray(ValueLayout.JAVA_BYTE));
    }

    @Test
    void partsOutsideTheRequestEndTheConnection() {
        assertBreaks(data(0, 999, 1, 1));
        assertBreaks(data(0, 1016, 1, 1));
        assertBreaks(data(0, 1000, 17, 1));
        assertBreaks(data(0, -1, 1, 1));
        assertBreaks(data(0, Long.MIN_VALUE + 999, 1, 1));
        assertBreaks(hole(0, 1000, 17));
        assertBreaks(hole(0, 1000, -1));
        assertBreaks(hole(0, 1000, 0));
    }

    @Test
    void partsThatOverlapEndTheConnection() {
        assertBreaks(data(0, 1000, 8, 1), data(0, 1007, 2, 1));
        assertBreaks(data(0, 1007, 2, 1), hole(0, 1000, 16));
        assertBreaks(hole(0, 1000, 16), hole(0, 1000, 16));
    }

    @Test
    void answersThatAreNotCompleteEndTheConnection() {
        assertBreaks(data(DONE, 1000, 15, 1));
        assertBreaks(chunk(READ, DONE, Nbd.REPLY_TYPE_NONE));
        assertBreaks(chunk(STATUS, DONE, Nbd.REPLY_TYPE_NONE));
        assertBreaks(chunk(READ, 0, Nbd.REPLY_TYPE_NONE));
        assertBreaks(chunk(FLUSH, DONE, Nbd.REPLY_TYPE_NONE, (byte) 0));
        assertThrows(EOFException.class, () -> reader(true, new byte[] {0x66}).next());
    }

    @Test
    void chunksThatDoNotFitTheRequestEndTheConnection() {
        assertBreaks(chunk(FLUSH, DONE, DATA, concat(longs(0), new byte[1])));
        assertBreaks(chunk(FLUSH, DONE, HOLE, concat(longs(0), ints(1))));
        assertBreaks(chunk(FLUSH, DONE, BLOCKS, ints(CONTEXT, 1, 0)));
        assertBreaks(chunk(READ, DONE, DATA, longs(1000)));
        assertBreaks(chunk(READ, DONE, HOLE, longs(1000)));
        assertBreaks(chunk(READ, DONE, 3, longs(1000)));
        assertBreaks(chunk(STATUS, DONE, BLOCKS, ints(CONTEXT, 1, 0, 1, 0)));
        assertBreaks(chunk(STATUS, DONE, BLOCKS, ints(CONTEXT)));
    }

    @Test
    void cookiesAndMagicNumbersAreChecked() {
        assertBreaks(simple(9, 0));
        assertBreaks(simple(0, 0));
        assertBreaks(chunk(0, DONE, Nbd.REPLY_TYPE_NONE));
        assertBreaks(chunk(1L << 40, DONE, Nbd.REPLY_TYPE_NONE));
        assertBreaks(ints(0x12345678, 0, 0, 0));
        assertThrows(
                ProtocolViolation.class,
                () -> reader(false, chunk(FLUSH, DONE, Nbd.REPLY_TYPE_NONE)).next());
    }

    @Test
    void simpleRepliesHoldDataOfReadsOnlyWithoutStructuredOnes() throws Exception {
        byte[] data = new byte[16];
        Arrays.fill(data, (byte) 5);
        ReplyReader reader = reader(false, simple(READ, 0), data, simple(FLUSH, 0), simple(READ, 5));
        assertEquals(READ, reader.next());
        assertArrayEquals(data, read.payload().toArray(ValueLayout.JAVA_BYTE));
        assertEquals(FLUSH, reader.next());
        assertEquals(READ, reader.next());
        assertEquals(NbdError.EIO, read.errorKind());
        assertAnswers(FLUSH, simple(FLUSH, 0));
        assertBreaks(simple(READ, 0), data);
        assertBreaks(simple(STATUS, 0));
    }

    @Test
    void errorsAreKeptWithTheirText() throws Exception {
        assertAnswers(FLUSH, error(FLUSH, 28, "full\u001b[2J"));
        assertEquals("the NBD server answers ENOSPC (no space left on device) to FLUSH: full?[2J", flush.error());
        flush.reopen();
        assertAnswers(FLUSH, error(FLUSH, 4711, ""));
        assertEquals("the NBD server answers EINVAL (invalid argument) to FLUSH", flush.error());
        byte[] at = concat(ints(5), shorts(2), "no".getBytes(StandardCharsets.UTF_8), longs(1008));
        assertAnswers(READ, data(0, 1000, 16, 1), chunk(READ, DONE, ERROR_OFFSET, at));
        assertTrue(read.error().endsWith("EIO (input/output error) to READ of 16 bytes at byte 1000: no"));
        read.reopen();
        byte[] unknown = concat(ints(1), shorts(0), new byte[20]);
        assertAnswers(
                READ,
                chunk(READ, 0, ERROR + 100, unknown),
                chunk(READ, 0, ERROR, concat(ints(22), shorts(5), "later".getBytes(StandardCharsets.UTF_8))),
                chunk(READ, DONE, Nbd.REPLY_TYPE_NONE));
    }

    @Test
    void errorsThatMakeNoSenseEndTheConnection() {
        assertBreaks(chunk(READ, DONE, ERROR, ints(5)));
        assertBreaks(chunk(READ, DONE, ERROR, concat(ints(0), shorts(0))));
        assertBreaks(chunk(READ, DONE, ERROR, concat(ints(5), shorts(1))));
        assertBreaks(chunk(READ, DONE, ERROR, new byte[8192]));
        assertBreaks(chunk(READ, DONE, ERROR_OFFSET, concat(ints(5), shorts(0))));
        assertBreaks(chunk(READ, DONE, ERROR_OFFSET, concat(ints(5), shorts(0), longs(999))));
        assertBreaks(chunk(READ, DONE, ERROR_OFFSET, concat(ints(5), shorts(0), longs(1017))));
    }

    @Test
    void aBlockStatusIsForItsContextOnceAndNotEmpty() throws Exception {
        assertAnswers(STATUS, chunk(STATUS, DONE, BLOCKS, ints(CONTEXT, -1, 3)));
        assertEquals(4096, status.statusBytes());
        assertEquals(3, status.status());
        status.reopen();
        assertBreaks(chunk(STATUS, DONE, BLOCKS, ints(8, 1, 3)));
        assertBreaks(chunk(STATUS, DONE, BLOCKS, ints(CONTEXT, 0, 3)));
        assertBreaks(chunk(STATUS, 0, BLOCKS, ints(CONTEXT, 1, 3)), chunk(STATUS, DONE, BLOCKS, ints(CONTEXT, 1, 3)));
    }
}

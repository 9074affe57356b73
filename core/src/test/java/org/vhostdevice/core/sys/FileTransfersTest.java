package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Transfers in the ring in which a worker waits.
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FileTransfersTest {
    private static final int BLOCK = 4096;
    private static final int BLOCKS = 300;

    private final Arena arena = Arena.ofAuto();
    private final byte[] content = new byte[BLOCK * BLOCKS];
    private UringPoller poller;
    private OwnedFd file;
    private Wakeup wakeup;

    /// Who uses the ring, and what it is told.
    private final class User implements FileTransfers.Completion {
        final Map<Integer, Integer> results = new HashMap<>();
        final FileTransfers transfers = poller.transfers(this);

        @Override
        public void completed(int token, int result) {
            results.put(token, result);
        }

        MemorySegment read(int block, int token) {
            MemorySegment buffer = arena.allocate(BLOCK);
            MemorySegment iovec = arena.allocateFrom(JAVA_LONG, buffer.address(), BLOCK);
            transfers.readv(file.number(), iovec.address(), 1, (long) block * BLOCK, token);
            return buffer;
        }
    }

    @BeforeEach
    void open(@TempDir Path folder) throws IOException {
        assumeTrue(PollerTest.hasIoUring(), "the host has no io_uring");
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) (i / BLOCK + i);
        }
        file = FileIo.open(Files.write(folder.resolve("file"), content), OpenMode.READ_WRITE);
        poller = new UringPoller();
        wakeup = Wakeup.create();
        poller.add(wakeup.fd(), Poller.READ, wakeup);
    }

    @AfterEach
    void close() {
        if (poller != null) {
            poller.close();
            wakeup.close();
            file.close();
        }
    }

    private byte[] block(int number) {
        return Arrays.copyOfRange(content, number * BLOCK, (number + 1) * BLOCK);
    }

    @Test
    void aWaitHandsOverWhatIsPreparedAndReportsWhatIsDone() throws IOException {
        var user = new User();
        user.transfers.reserve(1);
        MemorySegment buffer = user.read(7, 1);
        assertFalse(user.transfers.idle());
        while (user.results.isEmpty()) {
            assertEquals(0, poller.await(-1));
        }
        assertTrue(user.transfers.idle());
        assertEquals(Map.of(1, BLOCK), user.results);
        assertArrayEquals(block(7), buffer.toArray(JAVA_BYTE));
    }

    @Test
    void everyUserIsToldOfItsOwnTransfersOnly() throws IOException {
        var one = new User();
        var another = new User();
        one.transfers.reserve(1);
        MemorySegment first = one.read(1, 0);
        another.transfers.reserve(2);
        MemorySegment second = another.read(2, 0);
        MemorySegment beyond = another.read(BLOCKS, 7);
        another.transfers.submit();
        while (one.results.size() + another.results.size() < 3) {
            one.transfers.await();
        }
        assertEquals(Map.of(0, BLOCK), one.results);
        assertEquals(Map.of(0, BLOCK, 7, 0), another.results);
        assertArrayEquals(block(1), first.toArray(JAVA_BYTE));
        assertArrayEquals(block(2), second.toArray(JAVA_BYTE));
        assertArrayEquals(new byte[BLOCK], beyond.toArray(JAVA_BYTE));
    }

    @Test
    void whatIsFoundReadyWhileSomebodyWaitsForATransferIsReportedByTheNextWait() throws IOException {
        var user = new User();
        wakeup.wake();
        user.transfers.reserve(1);
        MemorySegment _ = user.read(0, 3);
        while (user.results.isEmpty()) {
            user.transfers.await();
        }
        for (int i = 0; i < 2; i++) {
            assertEquals(1, poller.await(-1));
            assertSame(wakeup, poller.token(0));
            assertEquals(Poller.READ, poller.ready(0));
        }
        wakeup.drain();
        assertEquals(0, poller.await(0));
    }

    @Test
    void aDescriptorThatIsRemovedMeanwhileIsNotReported() throws IOException {
        var user = new User();
        wakeup.wake();
        user.transfers.reserve(1);
        MemorySegment _ = user.read(0, 3);
        while (user.results.isEmpty()) {
            user.transfers.await();
        }
        poller.remove(wakeup.fd());
        poller.add(wakeup.fd(), Poller.WRITE, "new");
        assertEquals(1, poller.await(-1));
        assertSame("new", poller.token(0));
        assertEquals(Poller.WRITE, poller.ready(0));
    }

    @Test
    void whatIsDroppedIsNeverDoneAndPollsStay() throws IOException {
        var user = new User();
        user.transfers.reserve(2);
        MemorySegment buffer = user.read(1, 1);
        MemorySegment _ = user.read(2, 2);
        assertEquals(2, user.transfers.drop(2));
        wakeup.wake();
        assertEquals(1, poller.await(-1));
        assertEquals(Map.of(), user.results);
        assertArrayEquals(new byte[BLOCK], buffer.toArray(JAVA_BYTE));
    }

    @Test
    void moreTransfersThanTheRingHoldsAreAllDone() throws IOException {
        var user = new User();
        MemorySegment[] buffers = new MemorySegment[BLOCKS];
        for (int i = 0; i < BLOCKS; i++) {
            user.transfers.reserve(1);
            buffers[i] = user.read(i, i);
        }
        while (user.results.size() < BLOCKS) {
            user.transfers.await();
        }
        for (int i = 0; i < BLOCKS; i++) {
            assertArrayEquals(block(i), buffers[i].toArray(JAVA_BYTE));
        }
    }

    @Test
    void aPlaceThatIsLeftIsGivenToTheNext() throws IOException {
        var one = new User();
        one.transfers.close();
        var another = new User();
        another.transfers.reserve(1);
        MemorySegment _ = another.read(4, 4);
        while (another.results.isEmpty()) {
            another.transfers.await();
        }
        assertEquals(Map.of(), one.results);
        assertEquals(Map.of(4, BLOCK), another.results);
    }

    @Test
    void otherPollersTransferNothing() throws IOException {
        try (Poller other = new PollPoller()) {
            ErrnoException e = assertThrows(ErrnoException.class, () -> other.transfers((_, _) -> {}));
            assertEquals(Errno.ENOSYS, e.errno());
        }
    }
}

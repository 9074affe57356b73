package org.vhostdevice.console.end;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.sys.SocketAddress;

/// Several clients of one port.
@Timeout(60)
class ViewersTest {
    private static final int SCROLLBACK = 8;
    private static final int MUCH = 2_000_000;
    private static final long STALL_NANOS = 1_000;

    @TempDir
    private Path folder;

    private TestLoop loop;
    private ServerEnd end;
    private final List<SocketChannel> clients = new ArrayList<>();

    @BeforeEach
    void start() throws Exception {
        loop = new TestLoop();
        end = new ServerEnd(
                Acceptor.listen(new SocketAddress.Unix(folder.resolve("s"))), TelnetMode.OFF, SCROLLBACK, STALL_NANOS);
        end.start(loop, loop);
    }

    @AfterEach
    void stop() throws Exception {
        end.close();
        loop.close();
        for (SocketChannel client : clients) {
            client.close();
        }
    }

    private SocketChannel join() throws IOException {
        SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve("s")));
        clients.add(client);
        loop.idle();
        return client;
    }

    private void put(String text) {
        assertTrue(TestOutput.of(text).writeTo(end));
    }

    @Test
    void allSeeTheOutputAndTheFirstOneTypes() throws Exception {
        SocketChannel first = join();
        SocketChannel second = join();
        SocketChannel third = join();
        put("hello");
        assertEquals("hello", StreamEndContract.receiveText(first, 5));
        assertEquals("hello", StreamEndContract.receiveText(second, 5));
        assertEquals("hello", StreamEndContract.receiveText(third, 5));
        end.wantInput(true);
        StreamEndContract.send(second, "not heard");
        loop.idle();
        assertEquals(0, loop.readableCount());
        StringBuilder text = new StringBuilder();
        loop.onReadable(() -> text.append(StreamEndContract.read(end)));
        StreamEndContract.send(first, "heard");
        loop.until(() -> !text.isEmpty());
        assertEquals("heard", text.toString());
        assertEquals(List.of("opened"), loop.told());
    }

    @Test
    void nextOneTypesWhenTheFirstLeaves() throws Exception {
        SocketChannel first = join();
        SocketChannel second = join();
        end.wantInput(true);
        StringBuilder text = new StringBuilder();
        loop.onReadable(() -> text.append(StreamEndContract.read(end)));
        first.close();
        loop.idle();
        StreamEndContract.send(second, "my turn");
        loop.until(() -> !text.isEmpty());
        assertEquals("my turn", text.toString());
        assertEquals(List.of("opened"), loop.told());
        second.close();
        loop.until(() -> loop.told().size() == 2);
        assertEquals(List.of("opened", "closed"), loop.told());
    }

    @Test
    void oneWhoHasGoneDoesNotKeepItsPlaceForAGuestThatIsNotThere() throws Exception {
        SocketChannel first = join();
        int _ = first.write(ByteBuffer.allocate(100_000));
        first.close();
        loop.onReadable(() -> {}); // what was read ahead has not been heard either
        loop.until(() -> loop.told().contains("closed"));
        SocketChannel second = join();
        assertEquals(List.of("opened", "closed", "opened"), loop.told());
        put("hello");
        assertEquals("hello", StreamEndContract.receiveText(second, 5));
    }

    @Test
    void oneWhoHasGoneIsHeardToTheEndByAGuestThatIsThere() throws Exception {
        end.guestOpened(true);
        SocketChannel first = join();
        StreamEndContract.send(first, "last words");
        first.close();
        loop.idle();
        assertEquals(List.of("opened"), loop.told());
        StringBuilder text = new StringBuilder();
        loop.onReadable(() -> text.append(StreamEndContract.read(end)));
        end.wantInput(true);
        loop.until(() -> loop.told().contains("closed"));
        assertEquals("last words", text.toString());
    }

    @Test
    void oneWhoHasGoneLeavesWhenTheGuestGoesToo() throws Exception {
        end.guestOpened(true);
        SocketChannel first = join();
        StreamEndContract.send(first, "unheard");
        first.close();
        loop.idle();
        end.guestOpened(false);
        assertEquals(List.of("opened", "closed"), loop.told());
    }

    @Test
    void lateOneGetsTheScrollback() throws Exception {
        put("0123456789");
        SocketChannel first = join();
        assertEquals("23456789", StreamEndContract.receiveText(first, 8));
        put("ab");
        SocketChannel second = join();
        put("cd");
        assertEquals("abcd", StreamEndContract.receiveText(first, 4));
        assertEquals("456789abcd", StreamEndContract.receiveText(second, 10));
    }

    @Test
    void otherOneThatDoesNotReadHoldsNobodyUp() throws Exception {
        SocketChannel first = join();
        SocketChannel second = join();
        byte[] piece = new byte[10_000];
        for (int i = 0; i < 400; i++) {
            Arrays.fill(piece, (byte) i);
            assertTrue(new TestOutput(piece).writeTo(end));
            assertArrayEquals(piece, StreamEndContract.receive(first, piece.length));
        }
        put("the end");
        // It lost something in the midst, and gets the newest.
        StringBuilder seen = new StringBuilder();
        second.configureBlocking(false);
        while (!seen.toString().endsWith("the end")) {
            loop.step();
            seen.append(readNow(second));
        }
        assertTrue(seen.length() < 4_000_000, seen.length() + " characters");
    }

    @Test
    void otherOnesThatDoNotReadHoldNobodyUpAsTheFirstEither() throws Exception {
        SocketChannel first = join();
        SocketChannel second = join();
        SocketChannel third = join();
        putMuch(first);
        first.close();
        loop.idle();
        TestOutput much = new TestOutput(new byte[MUCH]);
        assertTrue(much.writeTo(end));
        put("more");
        // Once the next one has read what there is, the guest waits for it.
        second.configureBlocking(false);
        StringBuilder seen = new StringBuilder();
        while (!seen.toString().endsWith("more")) {
            seen.append(readNow(second));
            loop.step();
        }
        assertFalse(new TestOutput(new byte[MUCH]).writeTo(end));
        second.close();
        loop.until(() -> loop.writableCount() > 0);
        assertTrue(new TestOutput(new byte[MUCH]).writeTo(end), "the third one has not read anything");
        third.close();
    }

    /// Puts much out, all of which somebody reads.
    private void putMuch(SocketChannel reader) throws IOException {
        TestOutput output = new TestOutput(new byte[MUCH]);
        reader.configureBlocking(false);
        while (!output.writeTo(end)) {
            String _ = readNow(reader);
            loop.step();
        }
    }

    private static String readNow(SocketChannel from) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(MUCH);
        int n = from.read(buffer);
        return new String(buffer.array(), 0, Math.max(0, n), StandardCharsets.ISO_8859_1);
    }

    @Test
    void firstOneThatTakesNothingForTooLongIsGivenUp() throws Exception {
        SocketChannel first = join();
        TestOutput output = new TestOutput(new byte[1 << 20]);
        assertFalse(output.writeTo(end));
        loop.pass(STALL_NANOS - 1);
        first.configureBlocking(false);
        int _ = first.read(ByteBuffer.allocate(1 << 20));
        loop.until(() -> loop.writableCount() > 0);
        assertFalse(output.writeTo(end));
        loop.pass(STALL_NANOS - 1); // it has taken something
        assertEquals(List.of("opened"), loop.told());
        loop.pass(1);
        assertEquals(List.of("opened", "closed"), loop.told());
        assertTrue(output.writeTo(end));
        assertFalse(loop.hasDeadline());
    }

    @Test
    void firstOneThatHasTakenAllIsNotGivenUp() throws Exception {
        putMuch(join());
        loop.until(() -> !loop.hasDeadline());
        loop.passTime();
        assertEquals(List.of("opened"), loop.told());
    }

    @Test
    void tooManyAreTurnedAway() throws Exception {
        for (int i = 0; i < ServerEnd.MOST_VIEWERS; i++) {
            SocketChannel _ = join();
        }
        SocketChannel tooMany = join();
        assertEquals("", StreamEndContract.receiveText(tooMany, 1));
        put("x");
        assertEquals("x", StreamEndContract.receiveText(clients.get(ServerEnd.MOST_VIEWERS - 1), 1));
    }

    @Test
    void socketIsItsOwnersAndGoesWithTheEnd() throws Exception {
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("s"))));
        end.close();
        assertFalse(Files.exists(folder.resolve("s")));
    }
}

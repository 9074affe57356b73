package org.vhostdevice.console.end;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.vhostdevice.core.testkit.Background;
import org.vhostdevice.core.testkit.OpenFiles;

/// What every end obeys that has somebody at its other side who reads and writes.
@Timeout(60)
abstract class StreamEndContract {
    private static final int MUCH = 8 << 20;

    private TestLoop loop;
    private HostEnd end;

    /// Makes the end.
    abstract HostEnd make() throws Exception;

    /// Comes as somebody who is there.
    abstract ByteChannel connect() throws Exception;

    /// Whether [#connect] is needed for somebody to be there: otherwise there is from the beginning.
    boolean comesLater() {
        return true;
    }

    @BeforeEach
    final void start() throws Exception {
        loop = new TestLoop();
        end = make();
        end.start(loop, loop);
    }

    @AfterEach
    final void stop() {
        end.close();
        loop.close();
    }

    final TestLoop loop() {
        return loop;
    }

    final HostEnd end() {
        return end;
    }

    /// Somebody is there.
    final ByteChannel meet() throws Exception {
        ByteChannel peer = connect();
        loop.until(() -> loop.told().contains("opened"));
        return peer;
    }

    static void send(ByteChannel peer, String text) throws IOException {
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
        while (bytes.hasRemaining()) {
            int _ = peer.write(bytes);
        }
    }

    static byte[] receive(ByteChannel peer, int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(count);
        int n = 0;
        while (bytes.hasRemaining() && n >= 0) {
            n = peer.read(bytes);
        }
        return Arrays.copyOf(bytes.array(), bytes.position());
    }

    static String receiveText(ByteChannel peer, int count) throws IOException {
        return new String(receive(peer, count), StandardCharsets.UTF_8);
    }

    final String read() {
        return read(end);
    }

    /// What an end has to read.
    static String read(HostEnd from) {
        MemorySegment into = Arena.ofAuto().allocate(100);
        int n = from.read(into);
        return new String(into.asSlice(0, n).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }

    @Test
    void thereIsSomebodyOnceOnly() throws Exception {
        if (comesLater()) {
            loop.idle();
            assertEquals(List.of(), loop.told());
        }
        ByteChannel _ = meet();
        loop.idle();
        assertEquals(List.of("opened"), loop.told());
    }

    @Test
    void outputArrivesInOrder() throws Exception {
        try (ByteChannel peer = meet()) {
            assertTrue(TestOutput.of("one ").writeTo(end));
            assertTrue(TestOutput.of("two ").writeTo(end));
            assertTrue(TestOutput.of("3").writeTo(end));
            assertEquals("one two 3", receiveText(peer, 9));
        }
    }

    @Test
    void inputArrivesWhenItIsWanted() throws Exception {
        try (ByteChannel peer = meet()) {
            send(peer, "typed");
            loop.idle();
            assertEquals(0, loop.readableCount());
            StringBuilder text = new StringBuilder();
            loop.onReadable(() -> {
                text.append(read());
                end.wantInput(false);
            });
            end.wantInput(true);
            loop.until(() -> text.toString().equals("typed"));
            send(peer, " more");
            loop.idle();
            assertEquals("typed", text.toString());
            end.wantInput(true);
            loop.until(() -> text.toString().equals("typed more"));
        }
    }

    @Test
    void nothingIsReadWhereNothingIs() throws Exception {
        try (ByteChannel _ = meet()) {
            assertEquals("", read());
        }
    }

    @Test
    void slowReaderGetsEveryByte() throws Exception {
        byte[] all = new byte[MUCH];
        for (int i = 0; i < MUCH; i++) {
            all[i] = (byte) ((i * 31) >> 8);
        }
        TestOutput output = new TestOutput(all);
        try (ByteChannel peer = meet()) {
            assertFalse(output.writeTo(end));
            int before = loop.writableCount();
            loop.idle();
            assertEquals(before, loop.writableCount());
            CompletableFuture<byte[]> arrived = Background.call(() -> receive(peer, MUCH));
            int[] seen = {before};
            boolean done = false;
            while (!done) {
                loop.until(() -> loop.writableCount() > seen[0]);
                seen[0] = loop.writableCount();
                done = output.writeTo(end);
            }
            while (!arrived.isDone()) {
                loop.step();
            }
            assertArrayEquals(all, arrived.get());
        }
    }

    @Test
    void whoLeavesIsMissedWhetherInputIsWantedOrNot() throws Exception {
        ByteChannel peer = meet();
        loop.onReadable(() -> assertEquals("", read()));
        peer.close();
        loop.until(() -> loop.told().contains("closed"));
        assertTrue(new TestOutput(new byte[MUCH]).writeTo(end), "nobody holds output up");
        assertEquals(List.of("opened", "closed"), loop.told());
    }

    @Test
    void whatWasSentBeforeLeavingIsReadFirst() throws Exception {
        ByteChannel peer = meet();
        send(peer, "last words");
        peer.close();
        StringBuilder text = new StringBuilder();
        loop.onReadable(() -> text.append(read()));
        loop.until(() -> loop.told().contains("closed"));
        assertEquals("last words", text.toString());
    }

    @Test
    void whoLeavesWhileOutputWaitsHoldsNothingUp() throws Exception {
        ByteChannel peer = meet();
        TestOutput output = new TestOutput(new byte[MUCH]);
        assertFalse(output.writeTo(end));
        loop.onReadable(this::read);
        peer.close();
        loop.until(() -> loop.told().contains("closed"));
        assertTrue(output.writeTo(end));
    }

    @Test
    void endClosesAllThatItOpened() throws Exception {
        end.close();
        try (TestLoop other = new TestLoop()) {
            int before = OpenFiles.count();
            HostEnd again = make();
            again.start(other, other);
            again.close();
            // What an earlier test has left may be closed meanwhile.
            assertTrue(OpenFiles.count() <= before + spare());
        }
    }

    /// Descriptors that [#make] leaves to the test.
    int spare() {
        return 0;
    }
}

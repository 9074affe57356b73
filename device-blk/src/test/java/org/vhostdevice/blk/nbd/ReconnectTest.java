package org.vhostdevice.blk.nbd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.blk.nbd.NbdOptions.Unflushed;

@Timeout(60)
class ReconnectTest {
    private static final int BYTES = 1 << 16;
    private static final Executor THREADS = task -> Thread.ofPlatform().daemon().start(task);

    private static NbdOptions options(long timeoutMillis, Unflushed unflushed) {
        return new NbdOptions(false, 1, Duration.ofMillis(timeoutMillis), unflushed);
    }

    private static CompletableFuture<byte[]> readLater(NbdStorage storage) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return NbdStorageTest.read(storage, 0, 8);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                THREADS);
    }

    private static String failure(CompletableFuture<byte[]> call) {
        return assertThrows(ExecutionException.class, call::get).getCause().getMessage();
    }

    /// A read of eight bytes is answered with 16 to 92 bytes; each of them can be the last one.
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aConnectionThatEndsAtAnyByteOfAnAnswerLosesNothing(boolean structured) throws Exception {
        try (TestServer server = new TestServer(BYTES)) {
            server.offer.structured = structured;
            server.disk[1] = 1;
            server.start();
            for (int limit = 0; limit < (structured ? 92 : 24); limit++) {
                server.sendLimit.set(limit);
                int before = server.accepted.get();
                try (NbdStorage storage = NbdStorage.open(server.uri(), options(0, Unflushed.FAIL))) {
                    server.sendLimit.set(-1);
                    assertArrayEquals(new byte[] {0, 1, 0, 0, 0, 0, 0, 0}, NbdStorageTest.read(storage, 0, 8));
                    storage.flush();
                    assertTrue(server.accepted.get() > before, "cut after " + limit + " bytes");
                }
            }
        }
    }

    @Test
    void aWriteWithoutAnAnswerIsSentAgainAsItWas() throws Exception {
        try (TestServer server = new TestServer(BYTES) {
            @Override
            void handle(Req request, DataOutputStream out, int connection) throws IOException {
                byte[] answer = done(request);
                if (connection == 1) {
                    cut();
                }
                out.write(answer);
            }
        }) {
            try (NbdStorage storage = NbdStorage.open(server.start().uri(), options(0, Unflushed.FAIL))) {
                NbdStorageTest.write(storage, 3, new byte[] {1, 2, 3});
                storage.flush();
                assertEquals(3, server.requests.size());
                assertArrayEquals(
                        server.requests.get(0).data(), server.requests.get(1).data());
                assertEquals(2, server.accepted.get());
            }
        }
    }

    @Test
    void flushesFailOnceAcknowledgedWritesMayBeLost() throws Exception {
        try (TestServer server = new TestServer(BYTES)) {
            try (NbdStorage storage = NbdStorage.open(server.start().uri(), options(0, Unflushed.FAIL))) {
                NbdStorageTest.write(storage, 0, new byte[] {1});
                storage.flush();
                NbdStorageTest.write(storage, 1, new byte[] {1});
                server.crash();
                server.restart();
                assertArrayEquals(new byte[] {1, 0}, NbdStorageTest.read(storage, 0, 2));
                assertThrows(IOException.class, storage::flush);
                NbdStorageTest.write(storage, 1, new byte[] {1});
                IOException e = assertThrows(IOException.class, storage::flush);
                assertTrue(e.getMessage().contains("lost with 1 writes not flushed"), e.getMessage());
            }
        }
    }

    @Test
    void aServerThatIsTrustedIsAskedToFlush() throws Exception {
        try (TestServer server = new TestServer(BYTES)) {
            try (NbdStorage storage = NbdStorage.open(server.start().uri(), options(0, Unflushed.TRUST))) {
                NbdStorageTest.write(storage, 1, new byte[] {1});
                server.cut();
                storage.flush();
                assertEquals(2, server.accepted.get());
            }
        }
    }

    @Test
    void flushedWritesSurviveACrashOfTheServer() throws Exception {
        try (TestServer server = new TestServer(BYTES)) {
            try (NbdStorage storage = NbdStorage.open(server.start().uri(), options(0, Unflushed.FAIL))) {
                for (byte i = 1; i < 5; i++) {
                    NbdStorageTest.write(storage, 0, new byte[] {i});
                    storage.flush();
                    server.crash();
                    server.restart();
                    assertEquals(i, NbdStorageTest.read(storage, 0, 1)[0]);
                }
            }
        }
    }

    @Test
    void callsWaitForAServerThatIsAwayAndFailAfterTheTimeout() throws Exception {
        try (TestServer server = new TestServer(BYTES)) {
            try (NbdStorage storage = NbdStorage.open(server.start().uri(), options(300, Unflushed.FAIL))) {
                server.stop();
                String message = failure(readLater(storage));
                assertTrue(message.contains("no connection to the NBD server"), message);
                server.restart();
                awaitRead(storage);
            }
        }
    }

    @Test
    void callsThatWaitAreDoneWhenTheServerComesBack() throws Exception {
        try (TestServer server = new TestServer(BYTES)) {
            try (NbdStorage storage = NbdStorage.open(server.start().uri(), options(0, Unflushed.FAIL))) {
                server.stop();
                CompletableFuture<byte[]> first = readLater(storage);
                CompletableFuture<byte[]> second = readLater(storage);
                server.restart();
                assertEquals(8, first.get().length);
                assertEquals(8, second.get().length);
            }
        }
    }

    private static void awaitRead(NbdStorage storage) {
        while (true) {
            try {
                byte[] _ = NbdStorageTest.read(storage, 0, 1);
                return;
            } catch (IOException e) {
                Thread.onSpinWait();
            }
        }
    }

    @Test
    void aServerThatNeverAnswersIsLeft() throws Exception {
        try (TestServer server = new TestServer(BYTES) {
            @Override
            void handle(Req request, DataOutputStream out, int connection) throws IOException {
                if (connection > 1) {
                    out.write(done(request));
                }
            }
        }) {
            try (NbdStorage storage = NbdStorage.open(server.start().uri(), options(200, Unflushed.FAIL))) {
                String message = failure(readLater(storage));
                assertTrue(message.contains("no answer to READ of 8 bytes at byte 0 within 200 ms"), message);
                awaitRead(storage);
                assertTrue(server.accepted.get() >= 2);
            }
        }
    }

    @Test
    void aFlushMayTakeLonger() throws Exception {
        CountDownLatch slow = new CountDownLatch(1);
        try (TestServer server = new TestServer(BYTES) {
            @Override
            void handle(Req request, DataOutputStream out, int connection) throws IOException {
                if (request.type() == Command.FLUSH.number()) {
                    try {
                        boolean _ = slow.await(500, TimeUnit.MILLISECONDS);
                    } catch (InterruptedException e) {
                        throw new IOException(e);
                    }
                }
                out.write(done(request));
            }
        }) {
            try (NbdStorage storage = NbdStorage.open(server.start().uri(), options(200, Unflushed.FAIL))) {
                storage.flush();
                assertEquals(1, server.accepted.get());
            }
        }
    }

    @Test
    void aServerThatTakesNoBytesIsLeft() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        try (TestServer server = new TestServer(8 << 20) {
            @Override
            void transmit(DataInputStream in, DataOutputStream out, int connection) throws IOException {
                try {
                    end.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
        }) {
            try (NbdStorage storage = NbdStorage.open(server.start().uri(), options(300, Unflushed.FAIL))) {
                byte[] much = new byte[1 << 20];
                CompletableFuture<?>[] calls = new CompletableFuture<?>[16];
                for (int i = 0; i < calls.length; i++) {
                    calls[i] = CompletableFuture.runAsync(
                            () -> assertThrows(IOException.class, () -> NbdStorageTest.write(storage, 0, much)),
                            THREADS);
                }
                CompletableFuture.allOf(calls).get();
            } finally {
                end.countDown();
            }
        }
    }

    @Test
    void aServerThatTricklesIsLeft() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        byte[] answer = TestServer.concat(TestServer.simple(1, 0), new byte[8]);
        try (TestServer server = new TestServer(BYTES) {
            @Override
            void handle(Req request, DataOutputStream out, int connection) throws IOException {
                int sent = 0;
                try {
                    while (!end.await(20, TimeUnit.MILLISECONDS)) {
                        out.write(answer, sent++, sent < answer.length ? 1 : 0);
                    }
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
        }) {
            server.offer.structured = false;
            try (NbdStorage storage = NbdStorage.open(server.start().uri(), options(200, Unflushed.FAIL))) {
                assertThrows(ExecutionException.class, readLater(storage)::get);
            } finally {
                end.countDown();
            }
        }
    }

    @Test
    void anInterruptedCallEndsAloneWhileItWaits() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        CountDownLatch asked = new CountDownLatch(1);
        try (TestServer server = new TestServer(BYTES) {
            @Override
            void handle(Req request, DataOutputStream out, int connection) throws IOException {
                asked.countDown();
                try {
                    end.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
                out.write(done(request));
            }
        }) {
            try (NbdStorage storage = NbdStorage.open(server.start().uri(), options(0, Unflushed.FAIL))) {
                CompletableFuture<Exception> outcome = new CompletableFuture<>();
                Thread caller = Thread.ofPlatform()
                        .daemon()
                        .start(() -> outcome.complete(
                                assertThrows(InterruptedIOException.class, () -> NbdStorageTest.read(storage, 0, 8))));
                asked.await();
                CompletableFuture<byte[]> other = readLater(storage);
                caller.interrupt();
                outcome.get();
                end.countDown();
                assertEquals(8, other.get().length);
                assertEquals(1, server.accepted.get());
            }
        }
    }

    @Test
    void callsThatAreHurriedDoNotWaitForAServerThatIsAway() throws Exception {
        try (TestServer server = new TestServer(BYTES)) {
            try (NbdStorage storage = NbdStorage.open(server.start().uri(), options(0, Unflushed.FAIL))) {
                server.stop();
                CompletableFuture<byte[]> call = readLater(storage);
                while (!call.isDone()) {
                    storage.hurry(); // the call may not have begun to wait
                    Thread.onSpinWait();
                }
                assertTrue(failure(call).contains("no connection to the NBD server"));
                server.restart();
                awaitRead(storage);
            }
        }
    }

    @Test
    void closingWakesCalls() throws Exception {
        try (TestServer server = new TestServer(BYTES)) {
            NbdStorage storage = NbdStorage.open(server.start().uri(), options(0, Unflushed.FAIL));
            server.stop();
            CompletableFuture<byte[]> call = readLater(storage);
            storage.close();
            assertTrue(failure(call).contains("is closed"));
            assertEquals(0, NbdStorageTest.lanes());
        }
    }

    @Test
    void aServerThatShutsDownIsLeftAndItsSuccessorAsked() throws Exception {
        try (TestServer server = new TestServer(BYTES) {
            @Override
            void handle(Req request, DataOutputStream out, int connection) throws IOException {
                out.write(connection == 1 ? error(request.cookie(), 108, "bye") : done(request));
            }
        }) {
            try (NbdStorage storage = NbdStorage.open(server.start().uri(), options(0, Unflushed.FAIL))) {
                assertEquals(8, NbdStorageTest.read(storage, 0, 8).length);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"size, has 512 bytes now", "readonly, read only now", "flush, lost abilities", "block, 4096 to"})
    void aServerThatCanDoLessThanBeforeIsRefused(String what, String message) throws Exception {
        try (TestServer server = new TestServer(BYTES)) {
            try (NbdStorage storage = NbdStorage.open(server.start().uri(), options(0, Unflushed.FAIL))) {
                int flags = server.offer.flags;
                switch (what) {
                    case "size" -> server.offer.size = 512;
                    case "readonly" -> server.offer.flags |= Nbd.FLAG_READ_ONLY;
                    case "flush" -> server.offer.flags &= ~Nbd.FLAG_SEND_FLUSH;
                    default -> server.offer.minBlock = 4096;
                }
                server.cut();
                String told = failure(readLater(storage));
                assertTrue(told.contains(message) && told.contains("has changed"), told);
                server.offer.size = -1;
                server.offer.flags = flags;
                server.offer.minBlock = 1;
                awaitRead(storage);
            }
        }
    }

    @Test
    void aServerThatHasGrownIsUsedAsBefore() throws Exception {
        try (TestServer server = new TestServer(BYTES)) {
            try (NbdStorage storage = NbdStorage.open(server.start().uri(), options(0, Unflushed.FAIL))) {
                server.offer.size = BYTES * 2L;
                server.cut();
                assertEquals(8, NbdStorageTest.read(storage, 0, 8).length);
                assertEquals(BYTES, storage.size());
            }
        }
    }

    @Test
    void aRequestThatEndsEveryConnectionFails() throws Exception {
        try (TestServer server = new TestServer(BYTES) {
            @Override
            void handle(Req request, DataOutputStream out, int connection) throws IOException {
                boolean bad = request.type() == Command.READ.number() && request.offset() == 0;
                out.write(bad ? simple(request.cookie() + 1, 0) : done(request));
            }
        }) {
            server.offer.structured = false;
            NbdOptions two = new NbdOptions(false, 2, Duration.ofSeconds(1), Unflushed.FAIL);
            try (NbdStorage storage = NbdStorage.open(server.start().uri(), two)) {
                String message = failure(readLater(storage));
                assertTrue(message.contains("no request") || message.contains("no connection"), message);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"true, 4", "false, 1"})
    void severalConnectionsAreUsedIfTheServerAllows(boolean multi, int connections) throws Exception {
        try (TestServer server = new TestServer(BYTES)) {
            server.offer.flags = multi ? TestServer.ALL : TestServer.FLUSHES;
            NbdOptions four = new NbdOptions(false, 4, Duration.ZERO, Unflushed.FAIL);
            try (NbdStorage storage = NbdStorage.open(server.start().uri(), four)) {
                while (server.accepted.get() < connections) {
                    byte[] _ = NbdStorageTest.read(storage, 0, 1);
                }
                for (int i = 0; i < 100; i++) {
                    byte[] _ = NbdStorageTest.read(storage, 0, 1);
                }
                assertEquals(connections, server.accepted.get());
            }
        }
    }
}

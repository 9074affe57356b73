package org.vhostdevice.blk.nbd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.vhostdevice.blk.nbd.NbdOptions.Unflushed;
import org.vhostdevice.core.testkit.Seeded;

/// Threads with a part of the disk each, a server that answers in any order and is cut at any byte.
@ExtendWith(Seeded.class)
@Timeout(120)
class RandomDisconnectsTest {
    private static final int THREADS = 6;
    private static final int PART = 16 * 1024;

    /// Answers what has come so far in any order, chunk by chunk; ends some connections after some bytes.
    private static final class Shuffler extends TestServer {
        private final SplittableRandom random;

        Shuffler(int bytes, SplittableRandom random) throws IOException {
            super(bytes);
            this.random = random;
        }

        @Override
        void transmit(DataInputStream in, DataOutputStream out, int connection) throws IOException {
            long seed;
            synchronized (random) {
                seed = random.nextLong();
                sendLimit.set(random.nextInt(300_000));
            }
            DataInputStream peekable = new DataInputStream(new BufferedInputStream(in, 1 << 16));
            Random order = new Random(seed);
            while (true) {
                List<Req> batch = new ArrayList<>();
                do {
                    Req request = next(peekable);
                    if (request.type() == Nbd.CMD_DISC) {
                        return;
                    }
                    batch.add(request);
                } while (peekable.available() >= Nbd.REQUEST_BYTES && batch.size() < THREADS);
                Collections.shuffle(batch, order);
                for (Req request : batch) {
                    handle(request, out, connection);
                }
            }
        }
    }

    @RepeatedTest(5)
    void nothingAcknowledgedIsLost(RandomGenerator random) throws Exception {
        run(random, 200);
    }

    @Tag("slow")
    @RepeatedTest(20)
    void nothingAcknowledgedIsLostInALongRun(RandomGenerator random) throws Exception {
        run(random, 5_000);
    }

    /// One writer, and a server that crashes at any moment. A flush that fails makes the writer begin anew, as a guest
    /// does after its disk broke.
    @RepeatedTest(3)
    void aFlushThatSucceedsCoversAllThatWasAcknowledged(RandomGenerator random) throws Exception {
        NbdOptions options = new NbdOptions(false, random.nextInt(1, 3), Duration.ZERO, Unflushed.FAIL);
        AtomicBoolean end = new AtomicBoolean();
        Random pauses = new Random(random.nextLong());
        try (TestServer server = new TestServer(PART).start();
                ExecutorService crashes = Executors.newSingleThreadExecutor()) {
            Future<Void> crashing = crashes.submit(() -> {
                while (!end.get()) {
                    LockSupport.parkNanos(pauses.nextInt(20_000_000));
                    server.crash();
                    server.restart();
                }
                return null;
            });
            try {
                int[] flushes = new int[2];
                for (int life = 0; life < 20 || flushes[0] == 0 || flushes[1] == 0; life++) {
                    live(server, options, random, flushes);
                }
            } finally {
                end.set(true);
                crashing.get();
            }
        }
    }

    /// Writes and flushes until a flush fails, or for a while.
    private static void live(TestServer server, NbdOptions options, RandomGenerator random, int[] flushes) {
        try (NbdStorage storage = NbdStorage.open(server.uri(), options)) {
            storage.flush();
            byte[] model = NbdStorageTest.read(storage, 0, PART);
            for (int i = 0; i < 50; i++) {
                byte[] data = NbdStorageTest.bytes(random, random.nextInt(1, 100));
                int at = random.nextInt(PART - data.length);
                NbdStorageTest.write(storage, at, data);
                System.arraycopy(data, 0, model, at, data.length);
                if (random.nextInt(3) == 0) {
                    storage.flush();
                    flushes[0]++;
                    assertArrayEquals(model, server.durable());
                }
            }
        } catch (IOException e) {
            flushes[1]++; // or the server was away when the export was opened
        }
    }

    private static void run(RandomGenerator random, int steps) throws Exception {
        try (Shuffler server = new Shuffler(THREADS * PART, new SplittableRandom(random.nextLong()))) {
            server.offer.structured = random.nextBoolean();
            server.offer.minBlock = random.nextBoolean() ? 1 : 512;
            NbdOptions options = new NbdOptions(false, random.nextInt(1, 4), Duration.ofSeconds(60), Unflushed.TRUST);
            byte[][] models = new byte[THREADS][PART];
            try (NbdStorage storage = NbdStorage.open(server.start().uri(), options);
                    ExecutorService pool = Executors.newFixedThreadPool(THREADS)) {
                List<Callable<Void>> users = new ArrayList<>();
                for (int i = 0; i < THREADS; i++) {
                    int part = i;
                    long seed = random.nextLong();
                    users.add(() -> use(storage, part * PART, models[part], new SplittableRandom(seed), steps));
                }
                for (Future<Void> user : pool.invokeAll(users)) {
                    user.get();
                }
            }
            for (int i = 0; i < THREADS; i++) {
                assertArrayEquals(models[i], Arrays.copyOfRange(server.disk, i * PART, (i + 1) * PART));
            }
            assertTrue(server.accepted.get() >= 1);
        }
    }

    private static Void use(NbdStorage storage, int base, byte[] model, RandomGenerator random, int steps)
            throws IOException {
        for (int i = 0; i < steps; i++) {
            int bytes = random.nextInt(1, 3000);
            int at = random.nextInt(PART - bytes);
            switch (random.nextInt(4)) {
                case 0 -> storage.flush();
                case 1 -> {
                    byte[] data = NbdStorageTest.bytes(random, bytes);
                    NbdStorageTest.write(storage, base + at, data);
                    System.arraycopy(data, 0, model, at, bytes);
                }
                case 2 -> {
                    storage.writeZeroes(base + at, bytes, random.nextBoolean());
                    Arrays.fill(model, at, at + bytes, (byte) 0);
                }
                default ->
                    assertArrayEquals(
                            Arrays.copyOfRange(model, at, at + bytes), NbdStorageTest.read(storage, base + at, bytes));
            }
        }
        return null;
    }
}

package org.vhostdevice.blk.nbd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.blk.nbd.NbdOptions.Unflushed;
import org.vhostdevice.blk.storage.Storage.Extent;
import org.vhostdevice.core.testkit.Seeded;

/// The servers that others run.
@ExtendWith(Seeded.class)
@Timeout(60)
class RealServersTest {
    private static final int BYTES = 8 << 20;

    @TempDir
    private Path directory;

    private static void assertServes(NbdUri uri, NbdOptions options, RandomGenerator random) throws Exception {
        byte[] model = new byte[BYTES];
        try (NbdStorage storage = NbdStorage.open(uri, options)) {
            assertEquals(BYTES, storage.size());
            for (int i = 0; i < 60; i++) {
                int bytes = random.nextInt(1, 2 << 20);
                int at = random.nextInt(BYTES - bytes);
                if (i % 3 == 0) {
                    storage.writeZeroes(at, bytes, random.nextBoolean());
                    Arrays.fill(model, at, at + bytes, (byte) 0);
                } else {
                    byte[] data = NbdStorageTest.bytes(random, bytes);
                    NbdStorageTest.write(storage, at, data);
                    System.arraycopy(data, 0, model, at, bytes);
                }
            }
            storage.flush();
            assertArrayEquals(model, NbdStorageTest.read(storage, 0, BYTES));
            assertExtents(storage, model);
            storage.discard(0, BYTES);
            storage.writeZeroes(0, BYTES, true);
            assertArrayEquals(new byte[BYTES], NbdStorageTest.read(storage, 0, BYTES));
        }
    }

    private static void assertExtents(NbdStorage storage, byte[] model) throws IOException {
        for (long at = 0; at < model.length; ) {
            Extent extent = storage.extent(at, model.length - at);
            for (long i = at; extent.kind() == Extent.Kind.ZERO && i < at + extent.bytes(); i++) {
                assertEquals(0, model[(int) i]);
            }
            at += extent.bytes();
        }
    }

    @Test
    void nbdkitMemory(RandomGenerator random) throws Exception {
        try (RealServer server = RealServer.nbdkit(directory, "memory", "8M")) {
            assertServes(server.uri(), NbdOptions.DEFAULT, random);
        }
    }

    @Test
    void nbdkitOverTcpWithSeveralConnections(RandomGenerator random) throws Exception {
        try (RealServer server = RealServer.nbdkitTcp("memory", "8M")) {
            NbdOptions four = new NbdOptions(false, 4, Duration.ofSeconds(30), Unflushed.FAIL);
            assertServes(server.uri(), four, random);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--filter=delay rdelay=2ms wdelay=1ms", "--filter=nozero", "--filter=noextents"})
    void nbdkitFile(String filter, RandomGenerator random) throws Exception {
        Path image = image(BYTES);
        String[] words = filter.isEmpty() ? new String[0] : filter.split(" ");
        String[] plugin = {"file", image.toString()};
        String[] options = Arrays.copyOfRange(words, Math.min(1, words.length), words.length);
        String[] filters = Arrays.copyOf(words, Math.min(1, words.length));
        try (RealServer server = RealServer.nbdkit(directory, concat(filters, plugin, options))) {
            assertServes(server.uri(), NbdOptions.DEFAULT, random);
        }
    }

    @Test
    void nbdkitWithBlocksOf4096Bytes(RandomGenerator random) throws Exception {
        String[] policy = {"--filter=blocksize-policy", "memory", "8M", "blocksize-minimum=4096"};
        String[] limits = {"blocksize-maximum=65536", "blocksize-preferred=4096", "blocksize-error-policy=error"};
        try (RealServer server = RealServer.nbdkit(directory, concat(policy, limits))) {
            assertServes(server.uri(), NbdOptions.DEFAULT, random);
        }
    }

    @Test
    void errorsOfNbdkitAreThoseOfTheCall() throws Exception {
        String[] words = {"--filter=error", "memory", "8M", "error-pread=ENOSPC", "error-pread-rate=100%"};
        try (RealServer server = RealServer.nbdkit(directory, words);
                NbdStorage storage = NbdStorage.open(server.uri(), NbdOptions.DEFAULT)) {
            IOException e = assertThrows(IOException.class, () -> NbdStorageTest.read(storage, 0, 512));
            assertTrue(e.getMessage().contains("ENOSPC"), e.getMessage());
            NbdStorageTest.write(storage, 0, new byte[512]);
        }
    }

    @Test
    void nbdkitReadOnly() throws Exception {
        try (RealServer server = RealServer.nbdkit(directory, "-r", "pattern", "8M");
                NbdStorage storage = NbdStorage.open(server.uri(), NbdOptions.DEFAULT)) {
            assertTrue(storage.readOnly());
            assertArrayEquals(new byte[] {0, 0, 0, 0, 0, 0, 0, 8}, NbdStorageTest.read(storage, 8, 8));
            assertEquals(0x1000, 0x1000 & NbdStorageTest.read(storage, 0x1000, 8)[6] << 8);
        }
    }

    @Test
    void exportsThatNbdkitDoesNotHaveAreNamed() throws Exception {
        try (RealServer server = RealServer.nbdkit(
                directory, "--filter=exportname", "memory", "8M", "exportname-strict=true", "exportname=here")) {
            NbdUri elsewhere = new NbdUri(server.uri().endpoint(), "there", null);
            IOException e = assertThrows(IOException.class, () -> NbdStorage.open(elsewhere, NbdOptions.DEFAULT));
            assertTrue(e.getMessage().contains("export there"), e.getMessage());
            NbdStorage.open(new NbdUri(server.uri().endpoint(), "here", null), NbdOptions.DEFAULT)
                    .close();
        }
    }

    @Test
    void oldstyleNbdkitIsRefused() throws Exception {
        try (RealServer server = RealServer.nbdkit(directory, "-o", "memory", "8M")) {
            NbdUri uri = server.uri();
            IOException e = assertThrows(IOException.class, () -> NbdStorage.open(uri, NbdOptions.DEFAULT));
            assertTrue(e.getMessage().contains("oldstyle"), e.getMessage());
        }
    }

    @Test
    void nbdkitOverTls(RandomGenerator random) throws Exception {
        KeyStore keys = TlsTest.pki(directory, "RSA");
        Key key = keys.getKey("server", "changeit".toCharArray());
        Files.copy(directory.resolve("ca-cert.pem"), directory.resolve("server-cert.pem"));
        TlsTest.pem(directory.resolve("server-key.pem"), "PRIVATE KEY", key.getEncoded());
        NbdUri.Tls tls = new NbdUri.Tls(directory, "server.example", true);
        String[] words = {"--tls=require", "--tls-certificates=" + directory, "memory", "8M"};
        try (RealServer server = RealServer.nbdkit(directory, words)) {
            assertServes(new NbdUri(server.uri().endpoint(), "", tls), NbdOptions.DEFAULT, random);
            NbdUri plain = server.uri();
            IOException e = assertThrows(IOException.class, () -> NbdStorage.open(plain, NbdOptions.DEFAULT));
            assertTrue(e.getMessage().contains("insists on TLS"), e.getMessage());
        }
    }

    @Test
    void qemuNbd(RandomGenerator random) throws Exception {
        try (RealServer server =
                RealServer.qemuNbd(directory, "-f", "raw", image(BYTES).toString())) {
            assertServes(server.uri(), NbdOptions.DEFAULT, random);
        }
    }

    @Test
    void qemuNbdWithQcow2(RandomGenerator random) throws Exception {
        Path image = directory.resolve("disk.qcow2");
        RealServer.run("qemu-utils", "qemu-img", "create", "-q", "-f", "qcow2", image.toString(), "8M");
        NbdOptions two = new NbdOptions(false, 2, Duration.ofSeconds(30), Unflushed.FAIL);
        try (RealServer server = RealServer.qemuNbd(directory, "-e", "4", "-f", "qcow2", image.toString())) {
            assertServes(server.uri(), two, random);
        }
    }

    @Test
    void aServerThatIsKilledIsReplacedByTheNextOne() throws Exception {
        Path image = image(BYTES);
        RealServer first = RealServer.nbdkit(directory, "file", image.toString());
        try (NbdStorage storage = NbdStorage.open(first.uri(), NbdOptions.DEFAULT)) {
            NbdStorageTest.write(storage, 512, new byte[] {1, 2, 3});
            storage.flush();
            first.kill();
            RealServer second = RealServer.nbdkit(directory, "file", image.toString());
            assertArrayEquals(new byte[] {1, 2, 3}, NbdStorageTest.read(storage, 512, 3));
            NbdStorageTest.write(storage, 512, new byte[] {4});
            storage.flush();
            second.kill();
            assertFalse(storage.readOnly());
        }
    }

    /// What nbdkit has acknowledged is in the kernel's memory, so killing it loses nothing.
    @Test
    void serversThatAreKilledUnderLoadLoseNothing(RandomGenerator random) throws Exception {
        Path image = image(BYTES);
        NbdOptions options = new NbdOptions(false, 2, Duration.ofSeconds(30), Unflushed.TRUST);
        int users = 4;
        byte[][] models = new byte[users][BYTES / users];
        AtomicLong done = new AtomicLong();
        AtomicBoolean end = new AtomicBoolean();
        RealServer server = RealServer.nbdkit(directory, "file", image.toString());
        try (NbdStorage storage = NbdStorage.open(server.uri(), options);
                ExecutorService pool = Executors.newFixedThreadPool(users)) {
            List<Future<Void>> all = new ArrayList<>();
            for (int i = 0; i < users; i++) {
                int user = i;
                SplittableRandom own = new SplittableRandom(random.nextLong());
                all.add(pool.submit(() -> {
                    while (!end.get()) {
                        change(storage, user * models[user].length, models[user], own);
                        done.incrementAndGet();
                    }
                    return null;
                }));
            }
            for (int kill = 0; kill < 5; kill++) {
                long enough = done.get() + 50;
                while (done.get() < enough && all.stream().noneMatch(Future::isDone)) {
                    Thread.onSpinWait();
                }
                server.kill();
                server = RealServer.nbdkit(directory, "file", image.toString());
            }
            end.set(true);
            for (Future<Void> user : all) {
                user.get();
            }
        } finally {
            server.kill();
        }
        assertArrayEquals(TestServer.concat(models), Files.readAllBytes(image));
    }

    private static void change(NbdStorage storage, int base, byte[] model, RandomGenerator random) throws IOException {
        int bytes = random.nextInt(1, 100_000);
        int at = random.nextInt(model.length - bytes);
        if (random.nextInt(4) == 0) {
            storage.writeZeroes(base + at, bytes, true);
            Arrays.fill(model, at, at + bytes, (byte) 0);
            return;
        }
        byte[] data = NbdStorageTest.bytes(random, bytes);
        NbdStorageTest.write(storage, base + at, data);
        System.arraycopy(data, 0, model, at, bytes);
        assertArrayEquals(data, NbdStorageTest.read(storage, base + at, bytes));
    }

    private Path image(int bytes) throws IOException {
        Path image = directory.resolve("disk.img");
        Files.write(image, new byte[bytes]);
        return image;
    }

    private static String[] concat(String[]... parts) {
        return Arrays.stream(parts).flatMap(Arrays::stream).toArray(String[]::new);
    }
}

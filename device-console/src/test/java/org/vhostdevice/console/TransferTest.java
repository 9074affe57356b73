package org.vhostdevice.console;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.console.ConsoleDriver;
import org.vhostdevice.core.frontend.console.ConsolePort;
import org.vhostdevice.core.testkit.Background;
import org.vhostdevice.core.testkit.DeviceServerFixture;
import org.vhostdevice.core.testkit.Seeded;

/// Much data each way: none is lost, changed or turned round, whoever is slow.
@Timeout(120)
@ExtendWith(Seeded.class)
class TransferTest {
    private static final long BYTES = 100 << 20;
    private static final long LONG = Duration.ofSeconds(20).toNanos();

    @TempDir
    private Path folder;

    private ConsoleDevice device;

    @BeforeEach
    void open() throws IOException {
        PortSpec spec = PortParser.parse("backend=unix:" + folder.resolve("c"), Overflow.BLOCK);
        device = ConsoleDevice.open(new ConsoleConfig(List.of(spec), 1, 1024));
    }

    private Frontend attach() throws Exception {
        return Frontend.attach(folder.resolve("s"), ConsoleDriver.onePort(FrontendOptions.defaults()));
    }

    private SocketChannel join() throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve("c")));
    }

    private static long checksum(CRC32C crc, byte[] bytes, int length) {
        crc.update(bytes, 0, length);
        return crc.getValue();
    }

    @ParameterizedTest(name = "by reads of {0} bytes")
    @ValueSource(ints = {700, 1 << 16})
    void fromTheGuest(int piece, RandomGenerator random) throws Exception {
        try (var _ = new DeviceServerFixture(device, folder.resolve("s"));
                SocketChannel viewer = join();
                Frontend frontend = attach()) {
            CompletableFuture<Long> arrived = Background.call(() -> {
                CRC32C crc = new CRC32C();
                ByteBuffer buffer = ByteBuffer.allocate(piece);
                for (long left = BYTES; left > 0; left -= buffer.position()) {
                    int _ = viewer.read(buffer.clear());
                    long _ = checksum(crc, buffer.array(), buffer.position());
                }
                return crc.getValue();
            });
            ConsolePort port = new ConsoleDriver(frontend).port(0);
            CRC32C crc = new CRC32C();
            byte[] bytes = new byte[port.bufferBytes()];
            for (long left = BYTES; left > 0; ) {
                int length = (int) Math.min(left, random.nextInt(bytes.length / 2, bytes.length) + 1);
                fill(bytes, random.nextLong());
                long _ = checksum(crc, bytes, length);
                port.post(MemorySegment.ofArray(bytes).asSlice(0, length));
                left -= length;
            }
            port.awaitSent();
            assertEquals(crc.getValue(), arrived.get());
        }
    }

    @Test
    void fromTheHost(RandomGenerator random) throws Exception {
        long seed = random.nextLong();
        try (var _ = new DeviceServerFixture(device, folder.resolve("s"));
                SocketChannel viewer = join();
                Frontend frontend = attach()) {
            CompletableFuture<Long> sent = Background.call(() -> {
                SplittableRandom pieces = new SplittableRandom(seed);
                CRC32C crc = new CRC32C();
                byte[] bytes = new byte[1 << 17];
                for (long left = BYTES; left > 0; ) {
                    int length = (int) Math.min(left, pieces.nextInt(bytes.length) + 1L);
                    fill(bytes, pieces.nextLong());
                    long _ = checksum(crc, bytes, length);
                    ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, length);
                    while (buffer.hasRemaining()) {
                        int _ = viewer.write(buffer);
                    }
                    left -= length;
                }
                return crc.getValue();
            });
            ConsolePort port = new ConsoleDriver(frontend).port(0);
            CRC32C crc = new CRC32C();
            for (long left = BYTES; left > 0; ) {
                byte[] bytes = port.receive(LONG).orElseThrow();
                long _ = checksum(crc, bytes, bytes.length);
                left -= bytes.length;
            }
            assertEquals(sent.get(), crc.getValue());
        }
    }

    private static void fill(byte[] bytes, long seed) {
        long value = seed | 1;
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.remaining() >= Long.BYTES) {
            var _ = buffer.putLong(value);
            value = value * 6364136223846793005L + 1442695040888963407L;
        }
    }
}

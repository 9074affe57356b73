package org.vhostdevice.core.frontend.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.frontend.BackendViolation;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.LoadReport;
import org.vhostdevice.core.testkit.Background;
import org.vhostdevice.core.testkit.ConsoleTestDevice;
import org.vhostdevice.core.testkit.ConsoleTestDevice.Fault;
import org.vhostdevice.core.testkit.DeviceServerFixture;

@Timeout(60)
class ConsoleLoadTest {
    private static final Duration SHORT = Duration.ofMillis(20);

    @TempDir
    private Path directory;

    private Frontend attach() throws Exception {
        return Frontend.attach(directory.resolve("s"), ConsoleDriver.onePort(FrontendOptions.defaults()));
    }

    @Test
    void bytesOfTheGuestAreMeasured() throws Exception {
        var device = new ConsoleTestDevice(1, Fault.NONE, false);
        try (var _ = new DeviceServerFixture(device, directory.resolve("s"));
                Frontend frontend = attach();
                var load = new ConsoleLoad(frontend, Optional.empty(), new ConsoleLoad.Plan(true, 100, 4), false)) {
            LoadReport report = load.run(SHORT);
            assertEquals(report.requests(), report.writes());
            assertEquals(100 * report.requests(), report.bytes());
            assertEquals(report.bytes(), device.heard().length);
        }
    }

    @Test
    void bytesOfTheHostAreMeasured() throws Exception {
        var device = new ConsoleTestDevice(3, Fault.NONE, false);
        Path peer = directory.resolve("p");
        try (var _ = new DeviceServerFixture(device, directory.resolve("s"));
                ServerSocketChannel listener =
                        ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(peer));
                Frontend frontend = attach();
                var load = new ConsoleLoad(frontend, Optional.of(peer), new ConsoleLoad.Plan(false, 100, 4), true)) {
            var _ = Background.run(() -> relay(listener, device));
            for (int round = 0; round < 2; round++) {
                LoadReport report = load.run(SHORT);
                assertTrue(report.requests() >= 4 && report.writes() == 0);
                assertTrue(report.bytes() >= report.requests());
            }
        }
    }

    private static void relay(ServerSocketChannel listener, ConsoleTestDevice device) throws IOException {
        SocketChannel host = listener.accept();
        ByteBuffer buffer = ByteBuffer.allocate(1000);
        while (host.read(buffer.clear()) > 0) {
            device.say(Arrays.copyOf(buffer.array(), buffer.position()));
        }
    }

    @Test
    void bufferWithoutAByteIsReported() throws Exception {
        var device = new ConsoleTestDevice(1, Fault.EMPTY_BUFFERS, false);
        Path file = Files.createFile(directory.resolve("f"));
        try (var _ = new DeviceServerFixture(device, directory.resolve("s"));
                Frontend frontend = attach();
                var load = new ConsoleLoad(frontend, Optional.of(file), new ConsoleLoad.Plan(false, 100, 4), true)) {
            assertThrows(BackendViolation.class, () -> load.run(SHORT));
        }
    }
}

package org.vhostdevice.core.frontend.console;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.frontend.BackendRequestHandler;
import org.vhostdevice.core.frontend.BackendViolation;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.testkit.ConsoleTestDevice;
import org.vhostdevice.core.testkit.ConsoleTestDevice.Fault;
import org.vhostdevice.core.testkit.DeviceServerFixture;

@Timeout(60)
class ConsoleDriverTest {
    private static final long LONG = Duration.ofSeconds(20).toNanos();

    @TempDir
    private Path directory;

    private DeviceServerFixture serve(ConsoleTestDevice device) throws Exception {
        return new DeviceServerFixture(device, directory.resolve("s"));
    }

    private Frontend attach() throws Exception {
        FrontendOptions options;
        try (Frontend probe = connect()) {
            options = ConsoleDriver.prepare(FrontendOptions.defaults(), probe);
        }
        return Frontend.attach(directory.resolve("s"), options);
    }

    private Frontend connect() throws Exception {
        return Frontend.connect(directory.resolve("s"), FrontendOptions.defaults(), BackendRequestHandler.PLAIN);
    }

    private static byte[] receive(ConsolePort port, int bytes) throws Exception {
        byte[] all = new byte[bytes];
        int at = 0;
        while (at < bytes) {
            byte[] next = port.receive(LONG).orElseThrow();
            System.arraycopy(next, 0, all, at, next.length);
            at += next.length;
        }
        return all;
    }

    @Test
    void theOnlyPortTakesAndGivesBytes() throws Exception {
        try (var _ = serve(new ConsoleTestDevice(1, Fault.NONE, true));
                Frontend frontend = attach()) {
            var driver = new ConsoleDriver(frontend);
            assertFalse(driver.multiport());
            assertEquals(ConsoleTestDevice.COLUMNS, driver.columns());
            assertEquals(ConsoleTestDevice.ROWS, driver.rows());
            byte[] sent = new byte[3 * driver.port(0).bufferBytes() + 1];
            for (int i = 0; i < sent.length; i++) {
                sent[i] = (byte) (i * 7);
            }
            driver.port(0).send(sent);
            assertArrayEquals(sent, receive(driver.port(0), sent.length));
        }
    }

    @Test
    void portsAreAnnouncedNamedAndUsed() throws Exception {
        try (var _ = serve(new ConsoleTestDevice(3, Fault.NONE, true));
                Frontend frontend = attach()) {
            var driver = new ConsoleDriver(frontend);
            assertEquals(3, driver.ports());
            driver.tell(new ConsoleMessage(0, Console.DEVICE_READY, 1));
            for (int port = 0; port < 3; port++) {
                assertEquals(
                        new ConsoleMessage(port, Console.DEVICE_ADD, 1),
                        driver.hear(LONG).orElseThrow());
            }
            driver.tell(new ConsoleMessage(0, Console.PORT_READY, 1));
            List<Integer> events = new ArrayList<>();
            String name = "";
            for (int i = 0; i < 4; i++) {
                ConsoleMessage message = driver.hear(LONG).orElseThrow();
                events.add(message.event());
                name = message.event() == Console.PORT_NAME ? message.text() : name;
            }
            assertEquals(List.of(Console.PORT_NAME, Console.CONSOLE_PORT, Console.RESIZE, Console.PORT_OPEN), events);
            assertEquals("port.0", name);
            driver.port(2).send("two".getBytes(StandardCharsets.UTF_8));
            assertArrayEquals("two".getBytes(StandardCharsets.UTF_8), receive(driver.port(2), 3));
            assertTrue(driver.hear(0).isEmpty());
        }
    }

    @Test
    void bytesOfTheHostArrive() throws Exception {
        var device = new ConsoleTestDevice(1, Fault.NONE, false);
        try (var _ = serve(device);
                Frontend frontend = attach()) {
            var driver = new ConsoleDriver(frontend);
            device.say((byte) 1, (byte) 2);
            assertArrayEquals(new byte[] {1, 2}, receive(driver.port(0), 2));
            driver.port(0).send((byte) 3);
            assertArrayEquals(new byte[] {3}, device.heard());
        }
    }

    @Test
    void emergencyOutputNeedsNoDriver() throws Exception {
        var device = new ConsoleTestDevice(1, Fault.NONE, true);
        try (var _ = serve(device);
                Frontend frontend = connect()) {
            ConsoleDriver.emergencyWrite(frontend, 'x');
            assertEquals("x", device.emergency());
        }
        try (var _ = serve(new ConsoleTestDevice(1, Fault.EMERGENCY_REFUSED, true));
                Frontend frontend = connect()) {
            assertThrows(BackendRefusal.class, () -> ConsoleDriver.emergencyWrite(frontend, 'x'));
        }
    }

    @Test
    void buffersWithoutAByteAndShortMessagesAreViolations() throws Exception {
        try (var _ = serve(new ConsoleTestDevice(1, Fault.EMPTY_BUFFERS, true));
                Frontend frontend = attach()) {
            var port = new ConsoleDriver(frontend).port(0);
            assertThrows(BackendViolation.class, () -> port.receive(LONG));
        }
        byte[] message = new ConsoleMessage(1, 2, 3).write();
        assertEquals(new ConsoleMessage(1, 2, 3), ConsoleMessage.read(message));
        assertThrows(BackendViolation.class, () -> ConsoleMessage.read(Arrays.copyOf(message, 7)));
    }
}

package org.vhostdevice.console;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.console.end.NullEnd;
import org.vhostdevice.console.port.Port;
import org.vhostdevice.console.port.PortTraits;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.frontend.BackendRequestHandler;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.QueuePlan;
import org.vhostdevice.core.frontend.RegionPlan;
import org.vhostdevice.core.frontend.console.Console;
import org.vhostdevice.core.frontend.console.ConsoleDriver;
import org.vhostdevice.core.frontend.console.ConsoleMessage;
import org.vhostdevice.core.frontend.console.ConsolePort;
import org.vhostdevice.core.protocol.Bytes;
import org.vhostdevice.core.testkit.Background;
import org.vhostdevice.core.testkit.DeviceServerFixture;

/// The device behind its socket.
@Timeout(60)
class ConsoleDeviceTest {
    private static final long LONG = Duration.ofSeconds(20).toNanos();

    @TempDir
    private Path folder;

    private Path socket() {
        return folder.resolve("s");
    }

    private ConsoleDevice open(int most, String... ports) throws IOException {
        List<PortSpec> specs = new ArrayList<>();
        for (String port : ports) {
            specs.add(PortParser.parse(port.replace("{}", folder.toString()), Overflow.BLOCK));
        }
        return ConsoleDevice.open(new ConsoleConfig(specs, most, 1024));
    }

    private Frontend attach() throws Exception {
        FrontendOptions options;
        try (Frontend probe = connect()) {
            options = ConsoleDriver.prepare(FrontendOptions.defaults(), probe);
        }
        return Frontend.attach(socket(), options);
    }

    private Frontend connect() throws Exception {
        return Frontend.connect(socket(), FrontendOptions.defaults(), BackendRequestHandler.PLAIN);
    }

    private SocketChannel join(String name) throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve(name)));
    }

    private static void send(SocketChannel to, String text) throws IOException {
        int _ = to.write(StandardCharsets.UTF_8.encode(text));
    }

    private static String receive(SocketChannel from, int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes);
        while (buffer.hasRemaining() && from.read(buffer) >= 0) {}
        return new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
    }

    private static String receive(ConsolePort from, int bytes) throws IOException {
        StringBuilder text = new StringBuilder();
        while (text.length() < bytes) {
            text.append(new String(from.receive(LONG).orElseThrow(), StandardCharsets.UTF_8));
        }
        return text.toString();
    }

    private static void send(ConsolePort to, String text) throws IOException {
        to.send(text.getBytes(StandardCharsets.UTF_8));
    }

    /// The next message, as `port event value text`.
    private static String hear(ConsoleDriver driver) throws IOException {
        ConsoleMessage message = driver.hear(LONG).orElseThrow();
        String more = message.event() == Console.RESIZE
                ? " " + message.size()
                : message.text().isEmpty() ? "" : " " + message.text();
        return message.port() + " " + message.event() + " " + message.value() + more;
    }

    private static List<String> hear(ConsoleDriver driver, int count) throws IOException {
        List<String> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(hear(driver));
        }
        return all;
    }

    /// Has the driver say that it and each port is ready and open, and hears the answers.
    private static void bringUp(ConsoleDriver driver, int ports) throws IOException {
        driver.tell(new ConsoleMessage(0, Console.DEVICE_READY, 1));
        List<String> _ = hear(driver, ports);
        for (int port = 0; port < ports; port++) {
            driver.tell(new ConsoleMessage(port, Console.PORT_READY, 1));
            driver.tell(new ConsoleMessage(port, Console.PORT_OPEN, 1));
        }
        Optional<ConsoleMessage> message = Optional.empty();
        do {
            message = driver.hear(Duration.ofMillis(100).toNanos());
        } while (message.isPresent());
    }

    /// The device asks for a notification of several buffers at a time, and does without where there is none.
    @Test
    void inputGoesOnThoughTheGuestGivesItsBuffersBackOneByOne() throws Exception {
        String text = "0123456789".repeat(10_000);
        try (var _ = new DeviceServerFixture(open(1, "backend=unix:{}/c"), socket());
                SocketChannel viewer = join("c");
                Frontend frontend = attach()) {
            ConsolePort port = new ConsolePort(frontend, 0, 32, 100);
            send(port, "x");
            assertEquals("x", receive(viewer, 1));
            CompletableFuture<?> sent = Background.run(() -> send(viewer, text));
            assertEquals(text, receive(port, text.length()));
            sent.join();
        }
    }

    @Test
    void oneConsoleWithoutControlQueues() throws Exception {
        try (var _ = new DeviceServerFixture(open(1, "backend=unix:{}/c,size=80x24"), socket());
                SocketChannel viewer = join("c");
                Frontend frontend = attach()) {
            ConsoleDriver driver = new ConsoleDriver(frontend);
            assertFalse(driver.multiport());
            assertEquals(80, driver.columns());
            assertEquals(24, driver.rows());
            send(driver.port(0), "login: ");
            assertEquals("login: ", receive(viewer, 7));
            send(viewer, "root");
            assertEquals("root", receive(driver.port(0), 4));
        }
    }

    @Test
    void severalPortsEachWithItsOwn() throws Exception {
        try (var _ = new DeviceServerFixture(
                        open(3, "backend=unix:{}/0", "backend=unix:{}/1,name=one", "backend=file:{}/2,name=two"),
                        socket());
                SocketChannel zero = join("0");
                SocketChannel one = join("1");
                Frontend frontend = attach()) {
            ConsoleDriver driver = new ConsoleDriver(frontend);
            assertEquals(3, driver.ports());
            bringUp(driver, 3);
            send(driver.port(0), "zero");
            send(driver.port(1), "one");
            send(driver.port(2), "two");
            assertEquals("zero", receive(zero, 4));
            assertEquals("one", receive(one, 3));
            assertEquals("two", Files.readString(folder.resolve("2")));
            send(one, "answer");
            assertEquals("answer", receive(driver.port(1), 6));
        }
    }

    @Test
    void messagesComeInTheOrderOfTheSpecification() throws Exception {
        try (var _ = new DeviceServerFixture(
                        open(2, "backend=null,size=90x30", "backend=unix:{}/1,name=one"), socket());
                Frontend frontend = attach()) {
            ConsoleDriver driver = new ConsoleDriver(frontend);
            driver.tell(new ConsoleMessage(0, Console.DEVICE_READY, 1));
            assertEquals(List.of("0 1 1", "1 1 1"), hear(driver, 2));
            driver.tell(new ConsoleMessage(0, Console.PORT_READY, 1));
            assertEquals(List.of("0 4 1", "0 5 0 90 columns, 30 rows", "0 6 1"), hear(driver, 3));
            driver.tell(new ConsoleMessage(1, Console.PORT_READY, 1));
            assertEquals("1 7 1 one", hear(driver));
            try (SocketChannel _ = join("1")) {
                assertEquals("1 6 1", hear(driver));
            }
            assertEquals("1 6 0", hear(driver));
        }
    }

    /// As many as a front end can have that passes descriptors.
    @Test
    void portsOfAllQueuesThatAFrontEndCanName() throws Exception {
        int most = 127;
        String[] ports = new String[most];
        for (int i = 0; i < most; i++) {
            ports[i] = "backend=file:{}/" + i + ",name=port" + i;
        }
        FrontendOptions options = FrontendOptions.defaults()
                .withQueues(new QueuePlan(2 * most + 2, 64, 1))
                .withMemory(List.of(RegionPlan.holding(64 << 20, 2 * most + 2)))
                .withFeatures(ConsoleDriver.FEATURES);
        try (var _ = new DeviceServerFixture(open(most, ports), socket());
                Frontend frontend = Frontend.attach(socket(), options)) {
            ConsoleDriver driver = new ConsoleDriver(frontend);
            assertEquals(most, driver.ports());
            driver.tell(new ConsoleMessage(0, Console.DEVICE_READY, 1));
            for (int i = 0; i < most; i++) {
                assertEquals(i + " 1 1", hear(driver));
                send(driver.port(i), "port " + i);
            }
            for (int i = 0; i < most; i++) {
                assertEquals("port " + i, Files.readString(folder.resolve(String.valueOf(i))));
            }
        }
    }

    @Test
    void emergencyOutputNeedsNoDriverAndNothingElseIsWritten() throws Exception {
        try (var _ = new DeviceServerFixture(open(1, "backend=unix:{}/c"), socket());
                SocketChannel viewer = join("c");
                Frontend frontend = connect()) {
            ConsoleDriver.emergencyWrite(frontend, 0x12345600 | '!');
            assertEquals("!", receive(viewer, 1));
            assertThrows(BackendRefusal.class, () -> frontend.client().setConfig(0, 0, Bytes.of(new byte[2])));
            assertArrayEquals(new byte[8], Arrays.copyOfRange(frontend.config(4, 8), 4, 12));
        }
    }

    @Test
    void viewersAreServedWithoutAGuest() throws Exception {
        try (var _ = new DeviceServerFixture(open(1, "backend=unix:{}/c,scrollback=1K"), socket())) {
            try (Frontend frontend = attach()) {
                send(new ConsoleDriver(frontend).port(0), "panic");
            }
            try (SocketChannel late = join("c")) {
                assertEquals("panic", receive(late, 5));
            }
        }
    }

    @Test
    void newWindowIsToldByTheConfiguration() throws Exception {
        try (var _ = new DeviceServerFixture(open(1, "backend=unix:{}/c"), socket());
                SocketChannel viewer = join("c");
                Frontend frontend = attach()) {
            ConsoleDriver driver = new ConsoleDriver(frontend);
            assertEquals(0, driver.columns());
            int _ = viewer.write(
                    StandardCharsets.ISO_8859_1.encode("\u00ff\u00fb\u001f\u00ff\u00fa\u001f\0d\0002\u00ff\u00f0"));
            while (driver.columns() == 0) {
                Thread.onSpinWait();
            }
            assertEquals(100, driver.columns());
            assertEquals(50, driver.rows());
        }
    }

    @Test
    void nextFrontEndBeginsAnew() throws Exception {
        try (var _ = new DeviceServerFixture(open(2, "backend=null", "backend=null,name=n"), socket())) {
            for (int i = 0; i < 3; i++) {
                try (Frontend frontend = attach()) {
                    ConsoleDriver driver = new ConsoleDriver(frontend);
                    driver.tell(new ConsoleMessage(0, Console.DEVICE_READY, 1));
                    assertEquals(List.of("0 1 1", "1 1 1"), hear(driver, 2));
                }
            }
        }
    }

    @Test
    void portsComeAndGoWhileTheGuestRuns() throws Exception {
        ConsoleDevice device = open(3, "backend=null");
        try (var _ = new DeviceServerFixture(device, socket());
                Frontend frontend = attach()) {
            ConsoleDriver driver = new ConsoleDriver(frontend);
            bringUp(driver, 1);
            device.addPort(
                    2,
                    PortParser.parse("name=hot,backend=unix:" + folder.resolve("hot"), Overflow.BLOCK)
                            .open());
            assertEquals("2 1 1", hear(driver));
            driver.tell(new ConsoleMessage(2, Console.PORT_READY, 1));
            assertEquals("2 7 1 hot", hear(driver));
            try (SocketChannel viewer = join("hot")) {
                assertEquals("2 6 1", hear(driver));
                send(driver.port(2), "plugged");
                assertEquals("plugged", receive(viewer, 7));
                device.removePort(2);
                assertEquals("2 2 1", hear(driver));
                assertEquals("", receive(viewer, 1));
            }
            send(driver.port(2), "to nobody");
            assertFalse(Files.exists(folder.resolve("hot")));
            Port again = new Port(PortTraits.of("again"), new NullEnd());
            device.addPort(2, again);
            assertEquals("2 1 1", hear(driver));
        }
    }

    @Test
    void messagesThatCannotBeAreCountedAndTheDeviceGoesOn() throws Exception {
        ConsoleDevice device = open(2, "backend=null", "backend=null");
        try (var _ = new DeviceServerFixture(device, socket());
                Frontend frontend = attach()) {
            ConsoleDriver driver = new ConsoleDriver(frontend);
            driver.control().send((byte) 1, (byte) 0);
            driver.tell(new ConsoleMessage(0, 0x777, 1));
            driver.tell(new ConsoleMessage(-1, Console.PORT_OPEN, 1));
            driver.tell(new ConsoleMessage(0, Console.DEVICE_READY, 1));
            assertEquals("0 1 1", hear(driver));
            assertEquals(3, device.counters().ignored());
        }
    }

    @Test
    void stateMovesAndIsChecked() throws Exception {
        byte[] state;
        ConsoleDevice source = open(2, "backend=null", "backend=null,name=n");
        try (var _ = new DeviceServerFixture(source, socket());
                Frontend frontend = attach()) {
            bringUp(new ConsoleDriver(frontend), 2);
            ByteArrayOutputStream saved = new ByteArrayOutputStream();
            source.state().save(saved);
            state = saved.toByteArray();
        }
        ConsoleDevice destination = open(2, "backend=null", "backend=unix:{}/n,name=n");
        try (var _ = new DeviceServerFixture(destination, socket())) {
            destination.state().load(new ByteArrayInputStream(state));
            ByteArrayOutputStream saved = new ByteArrayOutputStream();
            destination.state().save(saved);
            byte[] expected = state.clone();
            expected[state.length - 1] = 1 << 4; // the guest is to hear that nobody is at port 1
            assertArrayEquals(expected, saved.toByteArray());
            for (int length = 0; length < state.length; length++) {
                byte[] cut = Arrays.copyOf(state, length);
                assertThrows(IOException.class, () -> destination.state().load(new ByteArrayInputStream(cut)));
            }
            for (int at : new int[] {0, 1, 5, 6}) {
                byte[] wrong = state.clone();
                wrong[at] = 99;
                assertThrows(
                        IOException.class,
                        () -> destination.state().load(new ByteArrayInputStream(wrong)),
                        "byte " + at);
            }
            byte[] longer = Arrays.copyOf(state, state.length + 1);
            assertThrows(IOException.class, () -> destination.state().load(new ByteArrayInputStream(longer)));
        }
    }

    @Test
    void endThatTheHostRefusesLeavesNothingOpen() throws Exception {
        var e = assertThrows(IOException.class, () -> open(2, "backend=unix:{}/c", "backend=file:{}"));
        assertTrue(String.valueOf(e.getMessage()).contains(folder.toString()), e.getMessage());
        assertFalse(Files.exists(folder.resolve("c")));
    }

    @Test
    void deviceThatWasNeverServedIsClosed() throws Exception {
        open(1, "backend=unix:{}/c").close();
        assertFalse(Files.exists(folder.resolve("c")));
    }
}

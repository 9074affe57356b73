package org.vhostdevice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.console.ConsoleDriver;
import org.vhostdevice.core.sys.HostOs;
import org.vhostdevice.core.sys.TerminalMode;
import org.vhostdevice.core.testkit.Dialogue;
import org.vhostdevice.core.testkit.TestTerminal;

/// A console device on the terminal of a person, in a process of its own.
@Timeout(120)
class ConsoleTerminalTest {
    private static final long LONG = Duration.ofSeconds(30).toNanos();
    private static final long SOON = Duration.ofMillis(5).toNanos();
    private static final String ESCAPE = "\035";

    @TempDir
    private Path folder;

    private final TestTerminal terminal;
    private final TerminalMode before;
    private final Dialogue person;
    private final List<Process> processes = new ArrayList<>();

    ConsoleTerminalTest() throws IOException {
        terminal = new TestTerminal();
        before = terminal.mode();
        person = terminal.dialogue();
    }

    @BeforeEach
    void needsLinux() {
        assumeTrue(HostOs.current() == HostOs.LINUX, "others have no command setsid");
    }

    @AfterEach
    void end() {
        processes.forEach(process -> {
            process.destroyForcibly();
            process.onExit().join();
        });
        terminal.close();
    }

    private Process start(TestTerminal in, String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "console"));
        command.addAll(List.of(args));
        Process process = in.command(command).start();
        processes.add(process);
        return process;
    }

    private Process serve(String... more) throws IOException {
        List<String> args = new ArrayList<>(List.of("--socket", socket().toString()));
        args.addAll(List.of(more));
        Process process = start(terminal, args.toArray(String[]::new));
        String _ = person.await("serving console on .*\n");
        return process;
    }

    private Path socket() {
        return folder.resolve("s");
    }

    private Frontend guest() throws IOException {
        return Frontend.attach(socket(), ConsoleDriver.onePort(FrontendOptions.defaults()));
    }

    private static void signal(Process process, String name) throws Exception {
        assertEquals(
                0,
                new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                        .start()
                        .waitFor());
    }

    private void awaitRaw() throws IOException {
        while (terminal.mode().equals(before)) {
            LockSupport.parkNanos(SOON);
        }
        assertEquals(before.raw(), terminal.mode());
    }

    private void awaitPutBack() throws IOException {
        while (!terminal.mode().equals(before)) {
            LockSupport.parkNanos(SOON);
        }
    }

    private static String receive(ConsoleDriver driver, int bytes) throws IOException {
        StringBuilder all = new StringBuilder();
        while (all.length() < bytes) {
            for (byte one : driver.port(0).receive(LONG).orElseThrow()) {
                all.append((char) (one & 0xff));
            }
        }
        return all.toString();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    @Test
    void everyKeyReachesTheGuestAndItsOutputTheTerminal() throws Exception {
        Process process = serve();
        assertEquals(before, terminal.mode());
        try (Frontend frontend = guest()) {
            var driver = new ConsoleDriver(frontend);
            awaitRaw();
            person.type("ls\003\004\021\023\032\377\r");
            assertEquals("ls\003\004\021\023\032\377\r", receive(driver, 9));
            driver.port(0).send(bytes("\033[1mhi\033[0m\n"));
            assertEquals("\033[1mhi\033[0m\n", person.await("\033.*hi.*\n"));
        }
        awaitPutBack();
        signal(process, "TERM");
        assertEquals(0, process.waitFor());
        assertEquals(before, terminal.mode());
    }

    @ParameterizedTest
    @CsvSource({"TERM, 0", "INT, 0", "KILL, 137"})
    void terminalIsPutBackAfterASignal(String name, int status) throws Exception {
        Process process = serve();
        try (Frontend frontend = guest()) {
            var _ = new ConsoleDriver(frontend);
            awaitRaw();
            signal(process, name);
            assertEquals(status, process.waitFor());
            awaitPutBack();
        }
    }

    @Test
    void terminalIsPutBackWhenTheGuestGoesAndRawWhenTheNextComes() throws Exception {
        Process _ = serve();
        for (int round = 0; round < 2; round++) {
            try (Frontend frontend = guest()) {
                var _ = new ConsoleDriver(frontend);
                awaitRaw();
            }
            awaitPutBack();
        }
    }

    @Test
    void terminalIsPutBackWhileTheProcessIsStopped() throws Exception {
        Process process = serve();
        try (Frontend frontend = guest()) {
            var driver = new ConsoleDriver(frontend);
            awaitRaw();
            signal(process, "TSTP");
            awaitPutBack();
            awaitState(process, 'T');
            signal(process, "CONT");
            awaitRaw();
            person.type("x");
            assertEquals("x", receive(driver, 1));
        }
    }

    private static void awaitState(Process process, char state) throws IOException {
        Path stat = Path.of("/proc", String.valueOf(process.pid()), "stat");
        while (Files.readString(stat).charAt(Files.readString(stat).lastIndexOf(')') + 2) != state) {
            LockSupport.parkNanos(SOON);
        }
    }

    @Test
    void guestIsToldTheSizeOfTheWindow() throws Exception {
        terminal.resize(100, 40);
        Process _ = serve();
        try (Frontend frontend = guest()) {
            var driver = new ConsoleDriver(frontend);
            awaitRaw();
            assertEquals("100x40", driver.columns() + "x" + driver.rows());
            terminal.resize(65535, 1);
            while (driver.columns() != 65535) {
                LockSupport.parkNanos(SOON);
            }
            assertEquals(1, driver.rows());
        }
    }

    @Test
    void escapeKeyEndsTheProgramInOrder() throws Exception {
        Process process = serve();
        try (Frontend frontend = guest()) {
            var driver = new ConsoleDriver(frontend);
            awaitRaw();
            person.type("a" + ESCAPE + ESCAPE + ESCAPE + "b" + ESCAPE + "?");
            assertEquals("a" + ESCAPE + "\017", receive(driver, 3));
            String _ = person.await("q ends vhost-device");
            person.type(ESCAPE + "q");
            assertEquals(0, process.waitFor());
        }
        assertEquals(before, terminal.mode());
        assertFalse(Files.exists(socket()));
    }

    @Test
    void detachedTerminalIsThePersonsUntilEnter() throws Exception {
        Process _ = serve();
        try (Frontend frontend = guest()) {
            var driver = new ConsoleDriver(frontend);
            awaitRaw();
            person.type(ESCAPE + "d");
            String _ = person.await("Enter attaches again");
            awaitPutBack();
            driver.port(0).send(bytes("lost"));
            person.type("\r");
            awaitRaw();
            driver.port(0).send(bytes("seen"));
            assertFalse(person.await("seen").contains("lost"));
            person.type("y");
            assertEquals("y", receive(driver, 1));
        }
    }

    @Test
    void attachedTerminalIsRawTellsItsSizeAndLeaves() throws Exception {
        Path port = folder.resolve("port");
        Process _ = serve("--port", "backend=unix:" + port + ",console");
        try (Frontend frontend = guest();
                TestTerminal other = new TestTerminal()) {
            var driver = new ConsoleDriver(frontend);
            TerminalMode mode = other.mode();
            other.resize(90, 30);
            Process attached = start(other, "attach", port.toString());
            while (driver.columns() != 90) {
                LockSupport.parkNanos(SOON);
            }
            while (other.mode().equals(mode)) {
                LockSupport.parkNanos(SOON);
            }
            other.dialogue().type("a\000\377\rb" + ESCAPE + "b");
            assertEquals("a\000\377\rb\017", receive(driver, 6));
            driver.port(0).send(bytes("to\377you\r\n"));
            assertEquals("to\377you\r\n", other.dialogue().await("to.*\n"));
            other.resize(91, 31);
            while (driver.columns() != 91) {
                LockSupport.parkNanos(SOON);
            }
            assertEquals(31, driver.rows());
            other.dialogue().type(ESCAPE + "d");
            assertEquals(0, attached.waitFor());
            assertEquals(mode, other.mode());
        }
    }

    @Test
    void attachedTerminalIsPutBackWhenItsProcessIsKilledOrTheDeviceEnds() throws Exception {
        Path port = folder.resolve("port");
        Process device = serve("--port", "backend=unix:" + port + ",console");
        Process attached = attach(port);
        signal(attached, "KILL");
        assertNotEquals(0, attached.waitFor());
        awaitPutBack();
        Process again = attach(port);
        signal(device, "TERM");
        assertEquals(0, device.waitFor());
        assertEquals(0, again.waitFor());
        assertEquals(before, terminal.mode());
        assertTrue(person.text().contains("the device has closed the connection"));
    }

    private Process attach(Path port) throws IOException {
        Process attached = start(terminal, "attach", port.toString());
        awaitRaw();
        return attached;
    }
}

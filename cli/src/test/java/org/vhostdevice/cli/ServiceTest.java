package org.vhostdevice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.fuse.FuseDriver;
import org.vhostdevice.core.sys.HostOs;
import org.vhostdevice.core.testkit.NotifySocket;

/// A process that a service manager starts.
@DisplayName("sd_listen_fds(3), sd_notify(3)")
class ServiceTest {
    @TempDir
    private Path folder;

    @BeforeEach
    void needsLinux() {
        assumeTrue(HostOs.current() == HostOs.LINUX, "service managers of others know no such sockets");
    }

    private static Process start(NotifySocket manager, List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("NOTIFY_SOCKET", manager.address());
        return builder.start();
    }

    private static void endInOrder(NotifySocket manager, Process process) throws InterruptedException {
        process.destroy();
        assertEquals("STOPPING=1", manager.receive());
        assertEquals(0, process.waitFor());
    }

    @Test
    void disksAreServedOnSocketsByTheirNames() throws Exception {
        Path first = folder.resolve("1");
        Path second = folder.resolve("2");
        try (NotifySocket manager = new NotifySocket(folder.resolve("notify").toString())) {
            Process process = start(
                    manager,
                    ServiceActivation.command(
                            "one=" + first + ",two=" + second,
                            "blk",
                            "--fd=two",
                            "--memory=2M",
                            "--disk",
                            "fd=one,memory=1M"));
            try {
                assertEquals("READY=1", manager.receive());
                assertEquals(1 << 20, capacity(first));
                assertEquals(2 << 20, capacity(second));
                endInOrder(manager, process);
                assertTrue(Files.exists(first), "the socket is the manager's");
            } finally {
                process.destroyForcibly();
            }
        }
    }

    private static long capacity(Path socket) throws IOException {
        try (Frontend frontend = Frontend.attach(socket, FrontendOptions.defaults())) {
            return SignalTest.capacity(frontend);
        }
    }

    /// Where the process may confine itself, it has been started anew by then, and sees neither path nor name of
    /// the manager any more.
    @ParameterizedTest
    @ValueSource(strings = {"", "@"})
    void confinedProcessTellsItsManager(String before) throws Exception {
        Path socket = folder.resolve("s");
        Path share = Files.createDirectory(folder.resolve("share"));
        try (NotifySocket manager = new NotifySocket(before + folder.resolve("notify"))) {
            Process process = start(manager, ServiceActivation.command("fs=" + socket, "fs", "--shared-dir=" + share));
            try {
                assertEquals("READY=1", manager.receive());
                Frontend.attach(socket, FuseDriver.prepare(FrontendOptions.defaults()))
                        .close();
                endInOrder(manager, process);
            } finally {
                process.destroyForcibly();
            }
        }
    }

    @Test
    void oneOfSeveralSocketsHasToBeNamed() throws Exception {
        String sockets = "one=" + folder.resolve("1") + ",one=" + folder.resolve("2");
        assertEquals(
                "vhost-device blk: the service manager has passed 2 sockets: choose one by --fd NAME"
                        + " (see 'vhost-device blk --help')",
                refusal(sockets, "blk", "--memory=1M"));
        assertEquals(
                "vhost-device blk: --fd one: the service manager has passed 2 sockets of that name"
                        + " (see 'vhost-device blk --help')",
                refusal(sockets, "blk", "--memory=1M", "--fd=one"));
        assertEquals(
                "vhost-device blk: --fd two: the service manager has passed no socket of that name"
                        + " (see 'vhost-device blk --help')",
                refusal("one=" + folder.resolve("3"), "blk", "--memory=1M", "--fd=two"));
    }

    /// A back end that `check` starts is no service of the manager that has started `check`.
    @Test
    void programsThatItStartsAreNotToldOfTheManager() throws Exception {
        Path seen = folder.resolve("seen");
        String command = "sh -c 'env >" + seen + "' {socket}";
        try (NotifySocket manager = new NotifySocket("@" + folder)) {
            Process process = start(
                    manager,
                    ServiceActivation.command(
                            "one=" + folder.resolve("1"), "check", "--device=blk", "--command=" + command));
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(1, process.waitFor(), said);
        }
        List<String> names = Files.readAllLines(seen).stream()
                .map(line -> line.split("=", 2)[0])
                .toList();
        assertTrue(names.contains("PATH"), "the environment is there");
        for (String name : List.of("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "NOTIFY_SOCKET")) {
            assertFalse(names.contains(name), name);
        }
    }

    private String refusal(String sockets, String... words) throws Exception {
        try (NotifySocket manager = new NotifySocket("@" + folder)) {
            Process process = start(manager, ServiceActivation.command(sockets, words));
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(2, process.waitFor(), said);
            Files.deleteIfExists(folder.resolve("1"));
            Files.deleteIfExists(folder.resolve("2"));
            return said.strip();
        }
    }
}

package org.vhostdevice.cli.guest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.sys.TerminalMode;
import org.vhostdevice.core.testkit.Background;
import org.vhostdevice.core.testkit.Dialogue;
import org.vhostdevice.core.testkit.Seeded;
import org.vhostdevice.core.testkit.TestTerminal;

/// What a guest and the person at its consoles see of the console device, whatever its front end is.
@Tag("guest")
@ExtendWith(Seeded.class)
abstract class ConsoleGuestContract {
    private static final String INTERACTIVE = ". /console.sh\n" + Guest.INTERACTIVE;
    private static final int PORTS = 16;
    private static final int PAYLOAD_BYTES = 2 << 20;
    private static final int PAYLOADS = 50;
    private static final long LONG = Duration.ofSeconds(60).toNanos();
    private static final long SOON = Duration.ofMillis(10).toNanos();

    private Path folder;
    private Payload payload;

    /// The front end under test, with its files in a folder.
    abstract GuestLauncher launcher(GuestTools tools, Path folder);

    @BeforeEach
    void prepare(@TempDir Path temporary, RandomGenerator random) {
        folder = temporary;
        payload = new Payload(random, PAYLOAD_BYTES);
    }

    private HostProgram device(List<String> options) {
        List<String> all =
                new ArrayList<>(List.of("console", "--disable-feature=INBAND_NOTIFICATIONS", "--socket", socket()));
        all.addAll(options);
        return HostProgram.ofThisBuild().plus(all);
    }

    private String socket() {
        return folder.resolve("s").toString();
    }

    private BackEndProcess start(ProcessBuilder command) throws IOException {
        var _ = GuestAvailability.require();
        return BackEndProcess.start(command, Path.of(socket()));
    }

    private Guest boot(int ports) throws IOException {
        GuestTools tools = GuestAvailability.require();
        Map<String, byte[]> files = Map.of("console.sh", GuestResource.bytes("console.sh"), "payload", payload.bytes());
        Guest guest = launcher(tools, folder)
                .start(new GuestSpec(GuestDevice.console(ports), Path.of(socket()), 1, files, INTERACTIVE));
        guest.awaitReady();
        return guest;
    }

    private SocketChannel connect(String port) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        boolean _ = channel.connect(UnixDomainSocketAddress.of(folder.resolve(port)));
        return channel;
    }

    private static int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }

    private String unix(String name) {
        return "backend=unix:" + folder.resolve(name);
    }

    @Test
    void peopleLogInAndWorkThroughEveryKindOfEnd() throws Exception {
        int tcp = freePort();
        Path link = folder.resolve("pty");
        List<String> options = new ArrayList<>();
        for (String end : List.of("stdio", "pty,link=" + link, "unix:" + folder.resolve("u"), "tcp:127.0.0.1:" + tcp)) {
            options.addAll(List.of("--port", "backend=" + end + ",console"));
        }
        try (TestTerminal terminal = new TestTerminal()) {
            TerminalMode before = terminal.mode();
            terminal.resize(100, 40);
            try (BackEndProcess backEnd =
                    start(terminal.command(device(options).with(List.of()).command()))) {
                try (Guest guest = boot(4)) {
                    guest.run("console_await 4; console_login 4");
                    useAll(terminal, link, tcp);
                }
                awaitMode(terminal, before);
                assertEquals(0, backEnd.terminate());
            }
            assertEquals(before, terminal.mode());
            assertFalse(Files.exists(link, LinkOption.NOFOLLOW_LINKS));
        }
    }

    private void useAll(TestTerminal terminal, Path link, int tcp) throws Exception {
        logIn(terminal.dialogue(), 0);
        resize(terminal, terminal.dialogue(), 100, 40);
        resize(terminal, terminal.dialogue(), 132, 43);
        try (SocketChannel unix = connect("u");
                Socket network = new Socket(InetAddress.getLoopbackAddress(), tcp)) {
            logIn(dialogue(Channels.newInputStream(unix), Channels.newOutputStream(unix)), 2);
            logIn(dialogue(network.getInputStream(), network.getOutputStream()), 3);
        }
        useAttached(folder.resolve("u"));
        useInTmux(folder.resolve("u"));
        usePty(link);
    }

    private static Dialogue dialogue(InputStream from, OutputStream to) {
        return new Dialogue(from, to);
    }

    /// Logs in on a console, and has the shell say which one it is.
    private static void logIn(Dialogue person, int number) throws IOException {
        person.type("\r");
        String _ = person.await("login: ");
        person.type("root\r");
        String _ = person.await("Password: ");
        person.type("tango\r");
        work(person, number);
    }

    private static void work(Dialogue person, int number) throws IOException {
        String _ = person.await("# ");
        person.type("echo $((6*7))-$(tty)\r");
        String _ = person.await("42-/dev/hvc" + number + "\r?\n");
    }

    /// Gives a window another size, of which the guest's shell gets to know.
    private static void resize(TestTerminal terminal, Dialogue person, int columns, int rows) throws IOException {
        terminal.resize(columns, rows);
        person.type(
                "until [ \"$(stty size)\" = '" + rows + " " + columns + "' ]; do usleep 10000; done; echo size-$?\r");
        String _ = person.await("size-0\r?\n");
    }

    /// A program opens the pseudo-terminal, leaves it, and opens it again.
    private static void usePty(Path link) throws IOException {
        try (FileChannel in = FileChannel.open(link, StandardOpenOption.READ);
                FileChannel out = FileChannel.open(link, StandardOpenOption.WRITE)) {
            logIn(dialogue(Channels.newInputStream(in), Channels.newOutputStream(out)), 1);
        }
        try (FileChannel in = FileChannel.open(link, StandardOpenOption.READ);
                FileChannel out = FileChannel.open(link, StandardOpenOption.WRITE)) {
            Dialogue person = dialogue(Channels.newInputStream(in), Channels.newOutputStream(out));
            person.type("\r");
            work(person, 1);
            person.type("exit\r");
        }
    }

    private static void useAttached(Path port) throws Exception {
        try (TestTerminal terminal = new TestTerminal()) {
            TerminalMode before = terminal.mode();
            HostProgram attach = HostProgram.ofThisBuild().plus(List.of("console", "attach", port.toString()));
            Process process = terminal.command(attach.with(List.of()).command()).start();
            Dialogue person = terminal.dialogue();
            person.type("\r");
            work(person, 2);
            resize(terminal, person, 111, 33);
            person.type("\035d");
            assertEquals(0, process.waitFor());
            assertEquals(before, terminal.mode());
        }
    }

    /// A terminal that somebody else has written, where the host has it.
    private void useInTmux(Path port) throws IOException {
        Optional<Path> tmux = HostCommand.onPath("tmux");
        if (tmux.isEmpty()) {
            return;
        }
        HostProgram server = HostProgram.installed(tmux.get())
                .plus(List.of("-S", folder.resolve("t").toString(), "-f", "/dev/null"));
        List<String> attach = HostProgram.ofThisBuild()
                .plus(List.of("console", "attach", port.toString()))
                .with(List.of())
                .command();
        try {
            tmux(server, "new-session", "-d", "-x", "90", "-y", "30", "'" + String.join("' '", attach) + "'");
            tmux(server, "send-keys", "stty size", "Enter");
            awaitScreen(server, "30 90");
            tmux(server, "resize-window", "-x", "95", "-y", "35");
            tmux(
                    server,
                    "send-keys",
                    "until [ \"$(stty size)\" = '35 95' ]; do usleep 9000; done; echo ok-$?",
                    "Enter");
            awaitScreen(server, "ok-0");
        } finally {
            var _ = HostCommand.run(server.with(List.of("kill-server")));
        }
    }

    private static void tmux(HostProgram server, String... command) throws IOException {
        String _ = HostCommand.textOf(server.with(List.of(command)));
    }

    private static void awaitScreen(HostProgram server, String text) throws IOException {
        long deadline = System.nanoTime() + LONG;
        String screen = "";
        while (!screen.contains(text)) {
            assertTrue(System.nanoTime() - deadline < 0, screen);
            LockSupport.parkNanos(SOON);
            screen = HostCommand.textOf(server.with(List.of("capture-pane", "-p")));
        }
    }

    private static void awaitMode(TestTerminal terminal, TerminalMode mode) throws IOException {
        while (!terminal.mode().equals(mode)) {
            LockSupport.parkNanos(SOON);
        }
    }

    @Test
    void sixteenNamedPortsSendBackWhatTheyGet() throws Exception {
        List<String> options = new ArrayList<>();
        for (int port = 0; port < PORTS; port++) {
            options.addAll(List.of("--port", "name=p" + port + "," + unix("p" + port)));
        }
        try (BackEndProcess backEnd = start(device(options).with(List.of()));
                Guest guest = boot(PORTS)) {
            guest.run("console_await " + PORTS + "; console_echo 0 " + (PORTS - 1));
            List<CompletableFuture<byte[]>> answers = new ArrayList<>();
            for (int port = 0; port < PORTS; port++) {
                int number = port;
                answers.add(Background.call(() -> echo("p" + number)));
            }
            for (CompletableFuture<byte[]> answer : answers) {
                assertArrayEquals(payload.bytes(), answer.get());
            }
            assertEquals(0, backEnd.terminate());
        }
    }

    /// Sends the payload to a port and returns as many bytes of what comes back.
    private byte[] echo(String port) throws Exception {
        try (SocketChannel channel = connect(port)) {
            assertEquals(2, Channels.newInputStream(channel).readNBytes(2).length);
            CompletableFuture<?> sent =
                    Background.run(() -> Channels.newOutputStream(channel).write(payload.bytes()));
            byte[] back = Channels.newInputStream(channel).readNBytes(PAYLOAD_BYTES);
            Object _ = sent.get();
            return back;
        }
    }

    @Test
    void nothingIsLostOfAHundredMebibytesEachWayWithASlowReader() throws Exception {
        try (BackEndProcess backEnd = start(
                        device(List.of("--port", "name=bulk," + unix("bulk"))).with(List.of()));
                Guest guest = boot(1)) {
            guest.run("console_await 1");
            try (SocketChannel channel = connect("bulk")) {
                Guest.Pending sends =
                        guest.submit("for i in $(seq " + PAYLOADS + "); do cat /payload; done >/dev/virtio-ports/bulk");
                assertEquals(sum(), readSlowly(Channels.newInputStream(channel)));
                sends.await().requireSuccess();
                Guest.Pending receives =
                        guest.submit("set -- $(dd if=/dev/virtio-ports/bulk bs=64k iflag=fullblock count="
                                + PAYLOADS * (PAYLOAD_BYTES >> 16) + " 2>/dev/null | sha256sum); echo @@sum $1");
                OutputStream out = Channels.newOutputStream(channel);
                for (int i = 0; i < PAYLOADS; i++) {
                    out.write(payload.bytes());
                }
                assertEquals(sum(), receives.await().value("sum"));
            }
            assertEquals(0, backEnd.terminate());
        }
    }

    private String sum() {
        MessageDigest digest = sha256();
        for (int i = 0; i < PAYLOADS; i++) {
            digest.update(payload.bytes());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /// Reads a little at a time until the guest has had to wait for a while, and the rest as it comes.
    private static String readSlowly(InputStream in) throws IOException {
        MessageDigest digest = sha256();
        for (int left = PAYLOADS * PAYLOAD_BYTES; left > 0; ) {
            boolean slow = left > (PAYLOADS - 1) * PAYLOAD_BYTES;
            byte[] some = in.readNBytes(Math.min(left, slow ? 100 : 1 << 16));
            assertTrue(some.length > 0, "the port was closed");
            digest.update(some);
            left -= some.length;
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}

package org.vhostdevice.blk.nbd;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.vhostdevice.blk.nbd.NbdUri.Endpoint;

/// A server of another project as a process, on a Unix socket or a port of the loopback interface.
final class RealServer implements AutoCloseable {
    private final Process process;
    private final Endpoint endpoint;

    private RealServer(List<String> command, Endpoint endpoint) throws IOException {
        this.endpoint = endpoint;
        this.process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(Redirect.DISCARD)
                .start();
        while (!listens()) {
            if (!process.isAlive()) {
                throw new IOException("the server ends: " + command);
            }
            Thread.onSpinWait();
        }
    }

    /// Starts nbdkit, or ends the test as skipped where it is not installed.
    static RealServer nbdkit(Path directory, String... words) throws IOException {
        Path socket = directory.resolve("nbdkit.sock");
        Files.deleteIfExists(socket);
        return new RealServer(
                command("nbdkit", "nbdkit", List.of("-f", "-v", "-U", socket.toString()), words),
                new Endpoint.Unix(socket));
    }

    /// As [#nbdkit], on a port.
    static RealServer nbdkitTcp(String... words) throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        List<String> options = List.of("-f", "-i", "127.0.0.1", "-p", Integer.toString(port));
        return new RealServer(command("nbdkit", "nbdkit", options, words), new Endpoint.Tcp("127.0.0.1", port));
    }

    /// Starts qemu-nbd, or ends the test as skipped where it is not installed.
    static RealServer qemuNbd(Path directory, String... words) throws IOException {
        Path socket = directory.resolve("qemu.sock");
        return new RealServer(
                command("qemu-utils", "qemu-nbd", List.of("-t", "-k", socket.toString()), words),
                new Endpoint.Unix(socket));
    }

    /// Runs a tool to its end.
    static void run(String debianPackage, String... words) throws Exception {
        Process tool = new ProcessBuilder(command(
                        debianPackage,
                        words[0],
                        List.of(),
                        List.of(words).subList(1, words.length).toArray(String[]::new)))
                .inheritIO()
                .start();
        Assertions.assertEquals(0, tool.waitFor());
    }

    private static List<String> command(String debianPackage, String tool, List<String> options, String... words) {
        Path found = null;
        for (String directory :
                List.of("/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/opt/homebrew/bin")) {
            Path candidate = Path.of(directory, tool);
            found = found == null && Files.isExecutable(candidate) ? candidate : found;
        }
        Assumptions.assumeTrue(
                found != null, tool + " is not installed: Debian has it in the package " + debianPackage);
        List<String> command = new ArrayList<>(List.of(String.valueOf(found)));
        command.addAll(options);
        command.addAll(List.of(words));
        return command;
    }

    private boolean listens() {
        try {
            switch (endpoint) {
                case Endpoint.Unix(Path socket) -> {
                    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                        return channel.connect(UnixDomainSocketAddress.of(socket));
                    }
                }
                case Endpoint.Tcp(String host, int port) -> {
                    try (Socket tcp = new Socket()) {
                        tcp.connect(new InetSocketAddress(host, port));
                        return true;
                    }
                }
            }
        } catch (IOException e) {
            return false;
        }
    }

    /// The server's default export.
    NbdUri uri() {
        return new NbdUri(endpoint, "", null);
    }

    /// Ends the process as the kernel would, and waits for that.
    void kill() throws IOException {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                kill();
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }
}

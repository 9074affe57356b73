package org.vhostdevice.cli.guest;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.vsock.Vsock;
import org.vhostdevice.core.frontend.vsock.VsockConnection;
import org.vhostdevice.core.frontend.vsock.VsockDriver;
import org.vhostdevice.core.frontend.vsock.VsockHeader;
import org.vhostdevice.core.protocol.Bytes;

/// A guest that runs inside a guest: the built-in front end on a socket device there, so that the host's side of that
/// device is the kernel of the outer guest.
///
/// Takes orders from its input, one a line, as `agent.py` gives them, and prints what came out: a name and a value a
/// line, and `done` at the end.
final class InnerGuest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int SPACE = 256 << 10;
    private static final int FIRST_PORT = 10_000;

    private final VsockDriver driver;
    private int nextPort = FIRST_PORT;

    private InnerGuest(VsockDriver driver) {
        this.driver = driver;
    }

    /// Connects as a guest does.
    ///
    /// @param arguments the socket of the device
    public static void main(String[] arguments) throws IOException {
        FrontendOptions options = VsockDriver.prepare(FrontendOptions.defaults().withTimeout(LIMIT));
        try (Frontend frontend = Frontend.attach(Path.of(arguments[0]), options)) {
            VsockDriver driver = new VsockDriver(frontend, VsockDriver.Buffers.DEFAULT);
            driver.giveBuffers();
            InnerGuest guest = new InnerGuest(driver);
            BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
            for (String order = orders.readLine(); order != null; order = orders.readLine()) {
                guest.obey(List.of(order.split(" ", -1)));
                System.out.println("done");
            }
        }
    }

    private void obey(List<String> words) throws IOException {
        int port = Integer.parseInt(words.get(1));
        switch (words.getFirst()) {
            case "connect" -> exchange(connect(port, Vsock.TYPE_STREAM), Integer.parseInt(words.get(2)));
            case "accept" ->
                exchange(VsockConnection.accept(driver, requested(port), SPACE), Integer.parseInt(words.get(2)));
            case "messages" -> exchangeMessages(connect(port, Vsock.TYPE_SEQPACKET), words.subList(2, words.size()));
            case "refused" -> tell("refused", isRefused(port));
            case "refuse" -> driver.send(requested(port).answer().withOperation(Vsock.RST, 0), Bytes.of());
            default -> throw new IllegalArgumentException(words.getFirst());
        }
    }

    private static void tell(String name, Object value) {
        System.out.println(name + " " + value);
    }

    private VsockConnection connect(int port, int type) throws IOException {
        nextPort++;
        return VsockConnection.connect(driver, driver.header(nextPort, port, type), SPACE);
    }

    private boolean isRefused(int port) throws IOException {
        try {
            VsockConnection _ = connect(port, Vsock.TYPE_STREAM);
            return false;
        } catch (BackendRefusal e) {
            return true;
        }
    }

    /// The next packet that asks for a connection to a port.
    private VsockHeader requested(int port) throws IOException {
        List<VsockHeader> headers = new ArrayList<>();
        while (headers.isEmpty() || headers.getLast().operation() != Vsock.REQUEST) {
            if (!driver.receive(LIMIT.toNanos(), (header, _) -> headers.add(header))) {
                throw new IOException("nobody connects to port " + port);
            }
        }
        tell("called", headers.getLast().destination().port());
        return headers.getLast();
    }

    /// Sends random bytes and says that there are no more, while it takes what comes until there is no more.
    private static void exchange(VsockConnection connection, int count) throws IOException {
        MessageDigest came = sha256();
        connection.sink((_, data) -> {
            came.update(data.asByteBuffer());
            connection.forward((int) data.byteSize());
        });
        byte[] bytes = new byte[count];
        new Random().nextBytes(bytes);
        connection.write(MemorySegment.ofArray(bytes), 0);
        connection.shutdown(Vsock.SHUTDOWN_SEND);
        boolean _ = connection.await(
                () -> (connection.hostShutdown() & Vsock.SHUTDOWN_SEND) != 0 || connection.isReset(), LIMIT.toNanos());
        tell("came", connection.arrived() + " " + HexFormat.of().formatHex(came.digest()));
        tell("sent", HostSide.sum(bytes));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    /// Sends messages, and takes as many.
    private static void exchangeMessages(VsockConnection connection, List<String> sizes) throws IOException {
        List<Integer> lengths = new ArrayList<>(List.of(0));
        connection.sink((header, data) -> {
            lengths.addLast(lengths.removeLast() + (int) data.byteSize());
            connection.forward((int) data.byteSize());
            if ((header.flags() & Vsock.END_OF_MESSAGE) != 0) {
                lengths.add(0);
            }
        });
        for (String size : sizes) {
            byte[] message = new byte[Integer.parseInt(size)];
            MemorySegment.ofArray(message).fill((byte) message.length);
            connection.write(MemorySegment.ofArray(message), Vsock.END_OF_MESSAGE);
        }
        boolean _ = connection.await(() -> lengths.size() > sizes.size(), LIMIT.toNanos());
        tell(
                "lengths",
                lengths.stream().limit(sizes.size()).map(String::valueOf).collect(Collectors.joining(" ")));
        connection.shutdown(Vsock.SHUTDOWN_SEND | Vsock.SHUTDOWN_RECEIVE);
    }
}

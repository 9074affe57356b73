package org.vhostdevice.console.attach;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.console.end.TelnetClient;
import org.vhostdevice.console.terminal.EscapeKey;
import org.vhostdevice.console.terminal.TerminalText;
import org.vhostdevice.console.terminal.UserTerminal;
import org.vhostdevice.core.sys.WindowSize;

/// Standard input and output, attached to the Unix socket of a port until one side leaves. A terminal becomes
/// raw meanwhile, tells the port the size of its window, and has an escape key.
///
/// The end of input is the end of input only.
public final class Attachment implements AutoCloseable {
    private static final int INPUT = 0;
    private static final int CHUNK = 1 << 16;

    private final SocketChannel socket;
    private final InputStream in = new FileInputStream(FileDescriptor.in);
    private final OutputStream out = new FileOutputStream(FileDescriptor.out);
    private final EscapeKey escape = new EscapeKey();
    private final @Nullable UserTerminal terminal;
    private volatile boolean begun;
    private volatile boolean left;

    /// Connects.
    ///
    /// @param path of the socket
    /// @throws IOException if no device listens there
    public Attachment(Path path) throws IOException {
        socket = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            boolean _ = socket.connect(UnixDomainSocketAddress.of(path));
            terminal = UserTerminal.isTerminal(INPUT) ? new UserTerminal(INPUT, this::resize) : null;
        } catch (IOException e) {
            socket.close();
            throw new IOException("connect " + path + ": " + e.getMessage(), e);
        }
    }

    /// Passes bytes both ways until the device closes the socket or the person leaves.
    ///
    /// @throws IOException if the socket or standard output fails
    public void run() throws IOException {
        send(TelnetClient.offer(size()));
        begun = true;
        if (terminal != null) {
            terminal.enter();
        }
        Thread _ = Thread.ofPlatform().daemon().name("vhost-attach-input").start(this::type);
        ByteBuffer buffer = ByteBuffer.allocate(CHUNK);
        byte[] seen = new byte[CHUNK + 2];
        TelnetClient telnet = new TelnetClient();
        for (int n = receive(buffer); n >= 0; n = receive(buffer)) {
            out.write(seen, 0, telnet.decode(buffer.array(), n, seen));
        }
        if (!left) {
            show(TerminalText.GONE);
        }
    }

    /// Waits for what the device sends.
    ///
    /// @return -1 if the device or the person has left
    private int receive(ByteBuffer buffer) {
        try {
            return socket.read(buffer.clear());
        } catch (IOException e) {
            return -1; // closed here, or there with bytes that nobody has read
        }
    }

    private WindowSize size() {
        return terminal == null ? new WindowSize(0, 0) : terminal.size();
    }

    private void resize() {
        if (begun) {
            sendOrLeave(TelnetClient.size(size()));
        }
    }

    private void type() {
        byte[] typed = new byte[CHUNK];
        try {
            for (int n = in.read(typed); n >= 0; n = in.read(typed)) {
                send(TelnetClient.data(typed, terminal == null ? n : commands(typed, n)));
            }
            if (terminal != null) {
                leave(); // it was hung up
            }
        } catch (IOException e) {
            leave();
        }
    }

    /// Does what the escape key says, and keeps what is for the guest at the front.
    ///
    /// @return how many bytes that are
    private int commands(byte[] typed, int n) throws IOException {
        int kept = 0;
        for (int i = 0; i < n; i++) {
            switch (escape.take(typed[i])) {
                case DATA -> typed[kept++] = typed[i];
                case ESCAPE -> show(TerminalText.ATTACHED_MENU);
                case HELP -> show(TerminalText.ATTACHED_HELP);
                case BREAK -> typed[kept++] = EscapeKey.BREAK;
                case RESIZE -> resize();
                case DETACH, QUIT -> {
                    send(TelnetClient.data(typed, kept));
                    leave();
                    return 0;
                }
                case NOTHING -> show(TerminalText.NOTHING);
            }
        }
        return kept;
    }

    private void show(TerminalText text) throws IOException {
        if (terminal != null) {
            out.write(text.bytes());
        }
    }

    private void sendOrLeave(byte[] bytes) {
        try {
            send(bytes);
        } catch (IOException e) {
            leave();
        }
    }

    private synchronized void send(byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            int _ = socket.write(buffer);
        }
    }

    private void leave() {
        left = true;
        try {
            socket.close();
        } catch (IOException e) {
            // It was all but closed.
        }
    }

    /// Leaves the socket, and puts the terminal back.
    @Override
    public void close() {
        leave();
        if (terminal != null) {
            terminal.close();
        }
    }
}

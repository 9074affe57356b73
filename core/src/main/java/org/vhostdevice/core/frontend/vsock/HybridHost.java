package org.vhostdevice.core.frontend.vsock;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// The host's side of a device whose ports are Unix sockets: a guest that connects to port P of the host reaches
/// whoever listens at `<path>_P`, and who connects to the path and writes `CONNECT P` reaches port P of the guest.
///
/// @param path of the device's own socket
public record HybridHost(Path path) {
    /// Listens on a port of the host.
    ///
    /// @param port that guests connect to
    /// @return the listener
    /// @throws IOException if the host refuses
    public HostListener listen(int port) throws IOException {
        return HostListener.open(Path.of(path + "_" + Integer.toUnsignedString(port)));
    }

    /// Listens on a port of the host for connections that keep the borders of messages.
    ///
    /// @param port that guests connect to
    /// @return the listener
    /// @throws IOException if the host refuses
    public HostMessages.Listener listenForMessages(int port) throws IOException {
        return HostMessages.listen(Path.of(path + "_" + Integer.toUnsignedString(port)));
    }

    /// Asks for a connection to a port of the guest that keeps the borders of messages, at `<path>.seqpacket`: a path
    /// has one type of socket. Once the guest grants it, the device sends a line as a message.
    ///
    /// @param port of the guest
    /// @param within how long to wait for the device
    /// @return the connection; empty if the device has no such socket
    /// @throws IOException if the host refuses
    public Optional<HostMessages> connectForMessages(int port, Duration within) throws IOException {
        Path socket = Path.of(path + ".seqpacket");
        if (!Files.exists(socket)) {
            return Optional.empty();
        }
        HostMessages messages = HostMessages.connect(socket);
        try {
            messages.send(connectLine(port), within);
            return Optional.of(messages);
        } catch (IOException e) {
            messages.close();
            throw e;
        }
    }

    private static byte[] connectLine(int port) {
        return ("CONNECT " + Integer.toUnsignedString(port) + "\n").getBytes(StandardCharsets.US_ASCII);
    }

    /// Connects to the path, and writes nothing.
    ///
    /// @return the connection, of which the device does not know what it is for
    /// @throws IOException if the host refuses
    public HostSocket dial() throws IOException {
        return new HostSocket(SocketChannel.open(UnixDomainSocketAddress.of(path)));
    }

    /// Asks for a connection to a port of the guest. Once the guest grants it, the device writes a line, which
    /// [HostSocket#readLine] takes.
    ///
    /// @param port of the guest
    /// @return the connection
    /// @throws IOException if the host refuses
    public HostSocket connect(int port) throws IOException {
        HostSocket socket = dial();
        try {
            socket.write(ByteBuffer.wrap(connectLine(port)));
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }
}

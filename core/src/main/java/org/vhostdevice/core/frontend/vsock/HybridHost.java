package org.vhostdevice.core.frontend.vsock;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

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

    /// Asks for a connection to a port of the guest. Once the guest grants it, the device writes a line, which
    /// [HostSocket#readLine] takes.
    ///
    /// @param port of the guest
    /// @return the connection
    /// @throws IOException if the host refuses
    public HostSocket connect(int port) throws IOException {
        HostSocket socket = new HostSocket(SocketChannel.open(UnixDomainSocketAddress.of(path)));
        try {
            String line = "CONNECT " + Integer.toUnsignedString(port) + "\n";
            socket.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.US_ASCII)));
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }
}

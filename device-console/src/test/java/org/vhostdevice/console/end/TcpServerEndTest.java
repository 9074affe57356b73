package org.vhostdevice.console.end;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.ByteChannel;
import java.nio.channels.SocketChannel;
import org.junit.jupiter.api.DisplayName;

@DisplayName("backend=tcp")
class TcpServerEndTest extends StreamEndContract {
    private int port;

    @Override
    HostEnd make() throws Exception {
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        return Backend.parse("tcp:127.0.0.1:" + port).open(EndOptions.DEFAULT);
    }

    @Override
    ByteChannel connect() throws Exception {
        return SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }
}

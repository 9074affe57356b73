package org.vhostdevice.console.end;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.ByteChannel;
import java.nio.channels.ServerSocketChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.vhostdevice.core.testkit.CapturedLog;

@DisplayName("backend=tcp-client")
class TcpClientEndTest extends StreamEndContract {
    @RegisterExtension
    private final CapturedLog log = new CapturedLog();

    private int port;
    private ServerSocketChannel server;

    @Override
    HostEnd make() throws Exception {
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        return Backend.parse("tcp-client:127.0.0.1:" + port).open(EndOptions.DEFAULT);
    }

    @AfterEach
    void closeServer() throws Exception {
        if (server != null) {
            server.close();
        }
    }

    @Override
    ByteChannel connect() throws Exception {
        server = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        loop().until(loop()::hasDeadline);
        loop().passTime();
        return server.accept();
    }
}

package org.vhostdevice.console.end;

import java.net.UnixDomainSocketAddress;
import java.nio.channels.ByteChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("backend=unix")
class UnixServerEndTest extends StreamEndContract {
    @TempDir
    private Path folder;

    @Override
    HostEnd make() throws Exception {
        return Backend.parse("unix:" + folder.resolve("s")).open(EndOptions.DEFAULT);
    }

    @Override
    ByteChannel connect() throws Exception {
        return SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve("s")));
    }
}

package org.vhostdevice.console.end;

import java.net.UnixDomainSocketAddress;
import java.nio.channels.ByteChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;

/// As long as no byte is 255, telnet that clients may ask for is no different.
@DisplayName("backend=unix,telnet=auto")
class AutoTelnetEndTest extends StreamEndContract {
    @TempDir
    private Path folder;

    @Override
    HostEnd make() throws Exception {
        EndOptions options =
                new EndOptions("", TelnetMode.AUTO, 4096, 1, 0, EndOptions.Rotation.NONE, folder.resolve("log"));
        return Backend.parse("unix:" + folder.resolve("s")).open(options);
    }

    @Override
    ByteChannel connect() throws Exception {
        return SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve("s")));
    }
}

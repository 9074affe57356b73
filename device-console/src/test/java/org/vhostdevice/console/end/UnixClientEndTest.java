package org.vhostdevice.console.end;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ByteChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.sys.SocketAddress;
import org.vhostdevice.core.testkit.CapturedLog;

@DisplayName("backend=unix-client")
class UnixClientEndTest extends StreamEndContract {
    @TempDir
    private Path folder;

    @RegisterExtension
    private final CapturedLog log = new CapturedLog();

    private ServerSocketChannel server;

    @Override
    HostEnd make() throws Exception {
        return Backend.parse("unix-client:" + folder.resolve("s")).open(EndOptions.DEFAULT);
    }

    private ServerSocketChannel listen() throws Exception {
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        return server.bind(UnixDomainSocketAddress.of(folder.resolve("s")));
    }

    @AfterEach
    void closeServer() throws Exception {
        if (server != null) {
            server.close();
        }
    }

    @Override
    ByteChannel connect() throws Exception {
        ServerSocketChannel listening = listen();
        loop().passTime();
        return listening.accept();
    }

    @Test
    void connectionThatEndsIsMadeAgain() throws Exception {
        ByteChannel first = meet();
        loop().onReadable(this::read);
        first.close();
        loop().until(() -> loop().told().contains("closed"));
        assertTrue(TestOutput.of("to nobody").writeTo(end()));
        loop().passTime();
        try (ByteChannel second = server.accept()) {
            loop().until(() -> loop().told().size() == 3);
            assertEquals(List.of("opened", "closed", "opened"), loop().told());
            assertTrue(TestOutput.of("again").writeTo(end()));
            assertEquals("again", receiveText(second, 5));
        }
    }

    @Test
    void serverThatTakesNothingForTooLongIsGivenUp() throws Exception {
        ServerSocketChannel listening = listen();
        try (TestLoop other = new TestLoop();
                ClientEnd client = new ClientEnd(new SocketAddress.Unix(folder.resolve("s")), 1, 1)) {
            client.start(other, other);
            SocketChannel _ = listening.accept();
            other.until(() -> other.told().contains("opened"));
            TestOutput output = new TestOutput(new byte[1 << 20]);
            assertFalse(output.writeTo(client));
            other.passTime();
            assertEquals(List.of("opened", "closed"), other.told());
            assertTrue(output.writeTo(client));
        }
    }

    @Test
    void serverThatIsNotThereIsLoggedOnce() throws Exception {
        for (int i = 0; i < 3; i++) {
            loop().passTime();
        }
        assertEquals(1, log.count(folder.resolve("s").toString()));
        assertTrue(loop().hasDeadline());
        Files.writeString(folder.resolve("s"), "no socket");
        loop().passTime();
        assertTrue(loop().hasDeadline());
        Files.delete(folder.resolve("s"));
    }
}

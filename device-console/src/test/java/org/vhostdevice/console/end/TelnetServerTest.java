package org.vhostdevice.console.end;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.sys.SocketAddress;
import org.vhostdevice.core.testkit.Background;

/// Telnet on sockets.
@Timeout(60)
class TelnetServerTest {
    @TempDir
    private Path folder;

    private static void send(SocketChannel client, int... values) throws Exception {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) values[i];
        }
        int _ = client.write(ByteBuffer.wrap(bytes));
    }

    private ServerEnd listen(TestLoop loop, TelnetMode mode) throws Exception {
        ServerEnd end = new ServerEnd(Acceptor.listen(new SocketAddress.Unix(folder.resolve("s"))), mode, 0, 0);
        end.start(loop, loop);
        return end;
    }

    private SocketChannel join(TestLoop loop) throws Exception {
        SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve("s")));
        loop.until(() -> loop.told().contains("opened"));
        return client;
    }

    @Test
    void windowIsTheTerminal() throws Exception {
        try (TestLoop loop = new TestLoop();
                ServerEnd end = listen(loop, TelnetMode.AUTO);
                SocketChannel client = join(loop)) {
            StringBuilder text = new StringBuilder();
            loop.onReadable(() -> text.append(StreamEndContract.read(end)));
            end.wantInput(true);
            send(client, 255, 251, 31, 255, 250, 31, 0, 132, 0, 43, 255, 240, 'l', 's');
            loop.until(() -> text.toString().equals("ls"));
            assertEquals(List.of("opened", "132x43"), loop.told());
            assertTrue(new TestOutput((byte) 1, (byte) 255).writeTo(end));
            assertArrayEquals(
                    new byte[] {(byte) 255, (byte) 253, 31, 1, (byte) 255, (byte) 255},
                    StreamEndContract.receive(client, 6));
        }
    }

    @Test
    void everyByteArrivesAtASlowReader() throws Exception {
        byte[] all = new byte[1 << 20];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) (i % 3 == 0 ? 255 : i);
        }
        try (TestLoop loop = new TestLoop();
                ServerEnd end = listen(loop, TelnetMode.ON);
                SocketChannel client = join(loop)) {
            assertEquals(15, StreamEndContract.receive(client, 15).length);
            int escaped = 0;
            for (byte each : all) {
                escaped += each == -1 ? 2 : 1;
            }
            int length = escaped;
            CompletableFuture<byte[]> arrived = Background.call(() -> StreamEndContract.receive(client, length));
            TestOutput output = new TestOutput(all);
            int seen = loop.writableCount();
            while (!output.writeTo(end)) {
                int before = seen;
                loop.until(() -> loop.writableCount() > before);
                seen = loop.writableCount();
            }
            while (!arrived.isDone()) {
                loop.step();
            }
            assertArrayEquals(all, unescape(arrived.get(), all.length));
        }
    }

    private static byte[] unescape(byte[] bytes, int length) {
        byte[] result = new byte[length];
        int at = 0;
        for (int i = 0; i < bytes.length; i++) {
            result[at++] = bytes[i];
            i += bytes[i] == -1 ? 1 : 0;
        }
        return result;
    }
}

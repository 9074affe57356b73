package org.vhostdevice.console.end;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.ByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.sys.FileIo;
import org.vhostdevice.core.sys.Notification;
import org.vhostdevice.core.sys.OpenMode;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.StreamIo;
import org.vhostdevice.core.sys.UnixSocket;

@DisplayName("backend=fd")
class FdEndTest extends StreamEndContract {
    @TempDir
    private Path folder;

    private OwnedFd peer;

    @Override
    HostEnd make() throws Exception {
        List<OwnedFd> pair = UnixSocket.pair();
        peer = pair.get(1);
        return Backend.parse("fd:" + pair.get(0).release()).open(EndOptions.DEFAULT);
    }

    @Override
    ByteChannel connect() {
        return new FdChannel(peer);
    }

    @Override
    boolean comesLater() {
        return false;
    }

    @Override
    int spare() {
        return 1;
    }

    @AfterEach
    void closePeer() {
        peer.close();
    }

    @Test
    void endOfAPipesInputIsNotTheEndOfOutput() throws Exception {
        Notification in = Notification.create(Notification.Kind.PIPE);
        Notification out = Notification.create(Notification.Kind.PIPE);
        boolean _ = StreamIo.setNonBlocking(in.readEnd());
        boolean _ = StreamIo.setNonBlocking(out.writeEnd());
        try (TestLoop loop = new TestLoop();
                FdChannel typist = new FdChannel(in.writeEnd());
                FdChannel screen = new FdChannel(out.readEnd());
                FdEnd end = new FdEnd("pipes", in.readEnd(), out.writeEnd())) {
            end.start(loop, loop);
            send(typist, "x");
            StringBuilder text = new StringBuilder();
            loop.onReadable(() -> text.append(read(end)));
            end.wantInput(true);
            loop.until(() -> !text.isEmpty());
            typist.fd().close();
            loop.until(() -> loop.readableCount() > 1);
            loop.idle();
            assertEquals("x", text.toString());
            assertEquals(2, loop.readableCount());
            assertTrue(TestOutput.of("still here").writeTo(end));
            assertEquals("still here", receiveText(screen, 10));
            assertEquals(List.of("opened"), loop.told());
            screen.fd().close();
            assertTrue(TestOutput.of("to nobody").writeTo(end));
            assertEquals(List.of("opened", "closed"), loop.told());
        }
    }

    @Test
    void fileIsReadToItsEnd() throws Exception {
        Path script = Files.writeString(folder.resolve("script"), "login\n");
        try (TestLoop loop = new TestLoop();
                FdEnd end =
                        FdEnd.inherited(FileIo.open(script, OpenMode.READ_ONLY).release())) {
            end.start(loop, loop);
            StringBuilder text = new StringBuilder();
            loop.onReadable(() -> {
                end.wantInput(false);
                text.append(read(end));
                end.wantInput(true);
            });
            end.wantInput(true);
            loop.until(() -> text.toString().equals("login\n"));
            loop.idle();
            assertEquals(2, loop.readableCount());
            assertTrue(TestOutput.of("nowhere to go").writeTo(end));
        }
    }

    @Test
    void descriptorThatIsNotOpenIsRefused() {
        var e = assertThrows(IOException.class, () -> FdEnd.inherited(9999));
        assertTrue(String.valueOf(e.getMessage()).contains("9999"), e.getMessage());
    }
}

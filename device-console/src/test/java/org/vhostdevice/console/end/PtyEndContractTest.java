package org.vhostdevice.console.end;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.channels.ByteChannel;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.vhostdevice.core.sys.FileIo;
import org.vhostdevice.core.sys.OpenMode;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.Tty;
import org.vhostdevice.core.sys.WindowSize;
import org.vhostdevice.core.testkit.Background;

@DisplayName("backend=pty")
class PtyEndContractTest extends StreamEndContract {
    private static final int MUCH = 1 << 20;

    @Override
    HostEnd make() throws Exception {
        return new PtyEnd("port", null);
    }

    private PtyEnd pty() {
        return (PtyEnd) end();
    }

    private ByteChannel open() throws IOException {
        return FileChannel.open(pty().path(), StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    @Override
    ByteChannel connect() throws Exception {
        ByteChannel peer = open();
        loop().passTime(); // no host tells
        return peer;
    }

    /// The host moves what it has taken to where the program reads, and then has a little room again, so that a write
    /// may be
    /// tried again though the program reads nothing.
    @Override
    @Test
    void slowReaderGetsEveryByte() throws Exception {
        byte[] all = new byte[MUCH];
        for (int i = 0; i < MUCH; i++) {
            all[i] = (byte) ((i * 31) >> 8);
        }
        TestOutput output = new TestOutput(all);
        try (ByteChannel peer = meet()) {
            assertFalse(output.writeTo(end()));
            loop().idle();
            boolean _ = output.writeTo(end());
            CompletableFuture<byte[]> arrived = Background.call(() -> receive(peer, MUCH));
            while (!arrived.isDone()) {
                loop().step();
                boolean _ = output.writeTo(end());
            }
            assertArrayEquals(all, arrived.get());
        }
    }

    @Test
    void programMayComeAgain() throws Exception {
        loop().onReadable(this::read);
        for (int round = 0; round < 3; round++) {
            loop().told().clear();
            try (ByteChannel peer = meet()) {
                send(peer, "x");
            }
            loop().until(() -> loop().told().contains("closed"));
            assertEquals(List.of("opened", "closed"), loop().told());
        }
    }

    @Test
    void programMayComeAgainWhileItsLeavingIsDealtWith() throws Exception {
        StringBuilder text = new StringBuilder();
        List<ByteChannel> again = new ArrayList<>();
        loop().onReadable(() -> {
            text.append(read());
            if (again.isEmpty()) {
                again.add(assertDoesNotThrow(this::open));
            }
        });
        end().wantInput(true);
        try (ByteChannel peer = meet()) {
            send(peer, "x");
        }
        loop().until(() -> text.toString().equals("x"));
        try (ByteChannel peer = again.getFirst()) {
            send(peer, "y");
            loop().until(() -> text.toString().equals("xy"));
            assertEquals(List.of("opened"), loop().told());
        }
    }

    @Test
    void sizeThatAProgramGivesIsTold() throws Exception {
        try (ByteChannel _ = meet();
                OwnedFd terminal = FileIo.open(pty().path(), OpenMode.READ_WRITE)) {
            Tty.setSize(terminal.number(), new WindowSize(99, 33));
            loop().passTime();
            loop().passTime();
            assertEquals(List.of("opened", "99x33"), loop().told());
        }
    }
}

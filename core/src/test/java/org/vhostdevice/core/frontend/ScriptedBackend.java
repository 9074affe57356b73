package org.vhostdevice.core.frontend;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.vhostdevice.core.sys.FdBox;
import org.vhostdevice.core.sys.Notification;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.UnixSocket;

/// A back end that follows a script on one end of a socket pair. A line of the script is
///
/// - `> HEX [+N]`: these bytes, with N descriptors, must come from the front end;
/// - `< HEX [+N]`: these bytes, with N descriptors, are sent to it;
/// - `close`: the connection is closed.
///
/// Numbers are in host byte order, which is little-endian where these tests run; blanks in HEX are ignored.
final class ScriptedBackend implements AutoCloseable {
    private final OwnedFd frontendEnd;
    private final OwnedFd backendEnd;
    private final CompletableFuture<Void> done;

    ScriptedBackend(String script) throws IOException {
        List<OwnedFd> pair = UnixSocket.pair();
        frontendEnd = pair.get(0);
        backendEnd = pair.get(1);
        done = CompletableFuture.runAsync(() -> script.lines().forEach(this::play));
    }

    /// The front end's end, owned by the caller.
    OwnedFd frontendEnd() {
        return frontendEnd;
    }

    /// Waits until the whole script was played, and fails if the front end did otherwise.
    void await() throws Exception {
        done.get(10, TimeUnit.SECONDS);
    }

    private void play(String line) {
        try (Arena arena = Arena.ofConfined()) {
            int plus = line.indexOf('+');
            int descriptors =
                    plus < 0 ? 0 : Integer.parseInt(line.substring(plus + 1).strip());
            String hex = line.substring(1, plus < 0 ? line.length() : plus).replace(" ", "");
            switch (line.charAt(0)) {
                case '>' -> expect(hex, descriptors, arena);
                case '<' ->
                    send(
                            arena.allocateFrom(
                                    ValueLayout.JAVA_BYTE, HexFormat.of().parseHex(hex)),
                            descriptors);
                case 'c' -> backendEnd.close();
                default -> throw new IllegalArgumentException(line);
            }
        } catch (IOException e) {
            throw new IllegalStateException(line, e);
        }
    }

    private void expect(String hex, int descriptors, Arena arena) throws IOException {
        int size = hex.length() / 2;
        MemorySegment bytes = arena.allocate(size);
        try (FdBox received = new FdBox()) {
            int done = 0;
            while (done < size) {
                int n = UnixSocket.receive(backendEnd.number(), bytes.asSlice(done), size - done, received);
                if (n == 0) {
                    break;
                }
                done += n;
            }
            assertEquals(hex, HexFormat.of().formatHex(bytes.asSlice(0, done).toArray(ValueLayout.JAVA_BYTE)));
            assertEquals(descriptors, received.size());
        }
    }

    private void send(MemorySegment bytes, int descriptors) throws IOException {
        List<OwnedFd> passed = new ArrayList<>();
        for (int i = 0; i < descriptors; i++) {
            Notification ends = Notification.create(Notification.Kind.PIPE);
            ends.writeEnd().close();
            passed.add(ends.readEnd());
        }
        UnixSocket.send(backendEnd.number(), bytes, (int) bytes.byteSize(), passed);
        passed.forEach(OwnedFd::close);
    }

    @Override
    public void close() {
        frontendEnd.close();
        backendEnd.close();
    }
}

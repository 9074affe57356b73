package org.vhostdevice.core.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.Poller;
import org.vhostdevice.core.sys.Pty;
import org.vhostdevice.core.sys.StreamIo;
import org.vhostdevice.core.sys.TerminalMode;
import org.vhostdevice.core.sys.Tty;
import org.vhostdevice.core.sys.UnixSocket;
import org.vhostdevice.core.sys.Wakeup;
import org.vhostdevice.core.sys.WindowSize;

/// A terminal with a person in front of it, who types and reads: programs run in it as in a window of their
/// own.
public final class TestTerminal implements AutoCloseable {
    private final Pty pty;
    private final OwnedFd terminal;
    private final Wakeup end;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment read = arena.allocate(4096);
    private final Dialogue dialogue;

    /// Makes a terminal in the mode that a shell likes.
    public TestTerminal() throws IOException {
        pty = Pty.open();
        terminal = pty.openTerminal();
        end = Wakeup.create();
        Process stty = new ProcessBuilder("stty", "sane")
                .redirectInput(pty.path().toFile())
                .start();
        if (stty.onExit().join().exitValue() != 0) {
            throw new IOException("stty fails");
        }
        dialogue = new Dialogue(new Screen(), new Keyboard());
    }

    /// {@return where it is}
    public Path path() {
        return pty.path();
    }

    /// {@return the conversation with what runs in it}
    public Dialogue dialogue() {
        return dialogue;
    }

    /// {@return the mode that it has now}
    public TerminalMode mode() throws IOException {
        return Tty.mode(terminal.number());
    }

    /// Gives the window another size.
    public void resize(int columns, int rows) throws IOException {
        Tty.setSize(pty.fd(), new WindowSize(columns, rows));
    }

    /// Makes a command run in it as the leader of its own session, with this as the terminal that controls it.
    public ProcessBuilder command(List<String> command) {
        List<String> all = new ArrayList<>(List.of("setsid", "sh", "-c"));
        all.add("exec <\"$0\" >\"$0\" 2>&1; exec \"$@\"");
        all.add(pty.path().toString());
        all.addAll(command);
        return new ProcessBuilder(all);
    }

    private final class Screen extends InputStream {
        @Override
        public int read() {
            throw new UnsupportedOperationException();
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            while (true) {
                int ready = UnixSocket.poll(pty.fd(), Poller.READ, end.fd(), -1);
                if ((ready & UnixSocket.WOKEN) != 0) {
                    end.drain();
                    return -1;
                }
                int n = (int) StreamIo.read(pty.fd(), read.asSlice(0, Math.min(length, read.byteSize())));
                if (n != StreamIo.NOTHING) {
                    MemorySegment.copy(read, ValueLayout.JAVA_BYTE, 0, into, offset, n);
                    return n;
                }
            }
        }
    }

    private final class Keyboard extends OutputStream {
        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            MemorySegment text = Arena.ofAuto().allocate(length);
            MemorySegment.copy(bytes, offset, text, ValueLayout.JAVA_BYTE, 0, length);
            for (long done = 0; done < length; ) {
                int _ = UnixSocket.poll(pty.fd(), Poller.WRITE, -1);
                done += Math.max(0, StreamIo.write(pty.fd(), text.asSlice(done)));
            }
        }
    }

    /// Closes the window: the terminal is hung up.
    @Override
    public void close() {
        end.wake();
        dialogue.awaitEnd();
        terminal.close();
        pty.close();
        end.close();
        arena.close();
    }
}

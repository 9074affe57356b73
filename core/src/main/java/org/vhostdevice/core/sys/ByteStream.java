package org.vhostdevice.core.sys;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/// Bytes that go one way through a pipe, a socket or a file whose other side is not trusted.
///
/// One thread reads or writes and closes; its waits last as long as the other side wants, but no longer than until
/// another thread calls [#hurry]. Whether the descriptor is blocking does not matter.
public final class ByteStream implements AutoCloseable {
    /// What a pipe that is ready takes without waiting, on every host.
    private static final int CHUNK = 4096;

    private static final long FOR_EVER = -1;

    private final OwnedFd fd;
    private final boolean regular;
    private final Wakeup wakeup;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer = arena.allocate(CHUNK, Long.BYTES);
    private volatile boolean hurried;

    private ByteStream(OwnedFd fd, boolean regular, Wakeup wakeup) {
        this.fd = fd;
        this.regular = regular;
        this.wakeup = wakeup;
    }

    /// Takes a descriptor over.
    ///
    /// @param fd owned by the stream from now on
    /// @return the stream
    /// @throws IOException if it is no pipe, socket or file; the caller keeps it then
    public static ByteStream adopt(OwnedFd fd) throws IOException {
        FileStatus.Kind kind = FileIo.status(fd).kind();
        switch (kind) {
            case PIPE, REGULAR -> {}
            case SOCKET -> UnixSocket.suppressSigpipe(fd);
            case ANONYMOUS, BLOCK, CHARACTER, DIRECTORY, OTHER ->
                throw new IOException(
                        "bytes need a pipe, a socket or a file, but the descriptor is " + kind.description());
        }
        return new ByteStream(fd, kind == FileStatus.Kind.REGULAR, Wakeup.create());
    }

    /// {@return the bytes that come in; closing it does nothing}
    public InputStream input() {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                Objects.checkFromIndexSize(offset, length, into.length);
                return length == 0 ? 0 : receive(into, offset, Math.min(length, CHUNK));
            }
        };
    }

    /// {@return where bytes go out; not buffered; closing it does nothing}
    public OutputStream output() {
        return new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] from, int offset, int length) throws IOException {
                Objects.checkFromIndexSize(offset, length, from.length);
                for (int done = 0; done < length; ) {
                    int part = Math.min(length - done, CHUNK);
                    MemorySegment.copy(from, offset + done, buffer, ValueLayout.JAVA_BYTE, 0, part);
                    send(part);
                    done += part;
                }
            }
        };
    }

    /// Ends the waiting: what can be read or written at once still is, and then the other thread's call fails. Any
    /// thread, until the stream is closed.
    public void hurry() {
        hurried = true;
        wakeup.wake();
    }

    private int receive(byte[] into, int offset, int length) throws IOException {
        MemorySegment part = buffer.asSlice(0, length);
        int n = (int) transfer(part, Poller.READ);
        MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, 0, into, offset, n);
        return n == 0 ? -1 : n;
    }

    private void send(int length) throws IOException {
        for (long done = 0; done < length; ) {
            done += transfer(buffer.asSlice(done, length - done), Poller.WRITE);
        }
    }

    private long transfer(MemorySegment part, int direction) throws IOException {
        while (true) {
            boolean last = hurried;
            long n = attempt(part, direction);
            if (n >= 0) {
                return n;
            }
            if (n == Libc.EAGAIN && last) {
                throw new IOException("the other side keeps its end open and does nothing");
            }
            if (n == Libc.EAGAIN) {
                int _ = UnixSocket.poll(fd.number(), direction, wakeup.fd(), FOR_EVER);
            } else if (n != Libc.EINTR) {
                ErrnoException.check(direction == Poller.READ ? "read" : "write", n);
            }
        }
    }

    private long attempt(MemorySegment part, int direction) throws IOException {
        boolean read = direction == Poller.READ;
        if (regular) {
            return read
                    ? Libc.read(fd.number(), part, part.byteSize())
                    : Libc.write(fd.number(), part, part.byteSize());
        }
        if (UnixSocket.poll(fd.number(), direction, 0) == 0) {
            return Libc.EAGAIN;
        }
        var nowait = new NowaitBuffer(part);
        return read ? nowait.read(fd.number()) : nowait.write(fd.number());
    }

    /// Closes the descriptor, which the other side sees as the end.
    @Override
    public void close() {
        fd.close();
        wakeup.close();
        arena.close();
    }
}

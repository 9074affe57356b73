package org.vhostdevice.console.end;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.memory.IoVecs;
import org.vhostdevice.core.sys.FileIo;
import org.vhostdevice.core.sys.FileStatus;
import org.vhostdevice.core.sys.OpenMode;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.StreamIo;

/// A regular file that output is added to. At a size it gets another name, `NAME.1`, and a new file is begun; older
/// ones
/// become `NAME.2` and so on, and the oldest is removed. What the host has no room for is lost. Worker's thread.
public final class FileSink implements AutoCloseable {
    private static final int PIECE = 4096;

    private final Options options;
    private final LogOnce log;
    private final @Nullable LineStamp stamp;
    private final IoVecs stamped = new IoVecs(1);
    private @Nullable OwnedFd fd; // null while it cannot be opened
    private long size;

    /// How a file is kept.
    ///
    /// @param path of it
    /// @param rotateBytes size at which a new file is begun; 0 for never
    /// @param keep how many older files stay, 0 or more
    /// @param timestamps whether each line begins with the time
    public record Options(Path path, long rotateBytes, int keep, boolean timestamps) {}

    private FileSink(Options options) {
        this.options = options;
        this.log = new LogOnce(options.path().toString());
        this.stamp = options.timestamps() ? new LineStamp(PIECE) : null;
    }

    /// Opens the file, or makes it.
    ///
    /// @param options what file
    /// @return the file
    /// @throws IOException if the host refuses, or it is not a regular file
    public static FileSink open(Options options) throws IOException {
        FileSink sink = new FileSink(options);
        sink.openFile();
        return sink;
    }

    private void openFile() throws IOException {
        OwnedFd opened = FileIo.open(options.path(), OpenMode.APPEND);
        try {
            FileStatus status = FileIo.status(opened);
            if (status.kind() != FileStatus.Kind.REGULAR) {
                throw new IOException(
                        options.path() + " is " + status.kind().description() + ", not a file to be written to");
            }
            size = status.size();
            fd = opened;
        } catch (IOException e) {
            opened.close();
            throw e;
        }
    }

    /// Adds bytes.
    ///
    /// @param output with the bytes
    /// @param bytes how many of the first ones
    public void write(Output output, long bytes) {
        LineStamp stamper = stamp;
        if (stamper == null && bytes == output.length()) {
            add(output.vectors());
            return;
        }
        for (long at = 0; at < bytes; at += PIECE) {
            int some = (int) Math.min(PIECE, bytes - at);
            stamped.clear();
            if (stamper == null) {
                MemorySegment piece = copyOf(output, at, some);
                boolean _ = stamped.add(piece.address(), some);
            } else {
                int length = stamper.stamp(output, at, some);
                boolean _ = stamped.add(stamper.result().address(), length);
            }
            add(stamped);
        }
    }

    private @Nullable MemorySegment copy;

    private MemorySegment copyOf(Output output, long position, int bytes) {
        MemorySegment into = copy;
        if (into == null) {
            into = Arena.ofAuto().allocate(PIECE);
            copy = into;
        }
        output.copy(position, into, bytes);
        return into;
    }

    private void add(IoVecs vectors) {
        if (options.rotateBytes() > 0 && size > 0 && size + vectors.total() > options.rotateBytes()) {
            rotate();
        }
        OwnedFd file = fd;
        if (file == null) {
            return;
        }
        try {
            size += Math.max(0, StreamIo.writev(file.number(), vectors.segment(), vectors.count()));
            log.worked();
        } catch (IOException e) {
            log.failed(e);
        }
    }

    private void rotate() {
        try {
            for (int i = options.keep(); i > 0; i--) {
                Path from = i == 1 ? options.path() : older(i - 1);
                if (Files.exists(from)) {
                    Path _ = Files.move(from, older(i), StandardCopyOption.REPLACE_EXISTING);
                }
            }
            if (options.keep() == 0) {
                Files.deleteIfExists(options.path());
            }
            reopen();
        } catch (IOException e) {
            log.failed(e);
        }
    }

    private Path older(int number) {
        return options.path().resolveSibling(options.path().getFileName() + "." + number);
    }

    /// Opens the file by its name again, after somebody has renamed it.
    public void reopen() {
        close();
        try {
            openFile();
        } catch (IOException e) {
            log.failed(e);
        }
    }

    @Override
    public void close() {
        OwnedFd file = fd;
        fd = null;
        if (file != null) {
            file.close();
        }
    }
}

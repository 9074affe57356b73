package org.vhostdevice.blk.backend;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.FileIo;
import org.vhostdevice.core.sys.FileStatus;
import org.vhostdevice.core.sys.OpenMode;
import org.vhostdevice.core.sys.OwnedFd;

/// An open raw image: a regular file or a disk of the host, locked against other processes.
///
/// One descriptor serves all queues. Any thread.
public final class Image implements Medium {
    private final Path path;
    private final OwnedFd fd;
    private final long size;
    private final boolean readOnly;
    private final FlushGate gate;

    private Image(ImageSpec spec, OwnedFd fd, long size) {
        this.path = spec.path();
        this.fd = fd;
        this.size = size;
        this.readOnly = spec.readOnly();
        this.gate = new FlushGate(() -> FileIo.flush(fd.number()));
    }

    /// Opens or makes an image and locks it: alone for writing, together with other readers for reading.
    ///
    /// Nothing that exists is changed. A file that was made and cannot be served is deleted again.
    ///
    /// @param spec which image
    /// @param blockBytes the image's size must be a multiple of this
    /// @return the image; the caller closes it
    /// @throws IOException if it cannot be served; the message is one line that says what to do
    public static Image open(ImageSpec spec, int blockBytes) throws IOException {
        OwnedFd fd = spec.createBytes() > 0 ? create(spec) : openExisting(spec);
        try {
            long size = size(spec.path(), fd);
            if (size == 0) {
                throw new IOException(
                        "image " + spec.path() + " is empty: name another, or delete it and use --create");
            }
            if (size % blockBytes != 0) {
                throw new IOException("image " + spec.path() + " has " + size + " bytes, which is not a multiple of the"
                        + " logical block size " + blockBytes + ": is it a raw image?");
            }
            lock(spec, fd);
            return new Image(spec, fd, size);
        } catch (IOException | RuntimeException e) {
            fd.close();
            if (spec.createBytes() > 0) {
                Files.deleteIfExists(spec.path()); // it was made here
            }
            throw e;
        }
    }

    /// {@return the bytes in the image when it was opened}
    @Override
    public long size() {
        return size;
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    @Override
    public BlockBackend backend() {
        return new PosixBackend(this);
    }

    /// Makes durable what was written before this call, by any thread.
    ///
    /// @throws IOException if that is not certain; then no later call succeeds either
    void flush() throws IOException {
        gate.flush();
    }

    /// The descriptor, open until [#close].
    int descriptor() {
        return fd.number();
    }

    @Override
    public String toString() {
        return path.toString();
    }

    /// Closes the image, which unlocks it.
    @Override
    public void close() {
        fd.close();
    }

    private static OwnedFd create(ImageSpec spec) throws IOException {
        Path path = spec.path();
        OwnedFd fd;
        try {
            fd = FileIo.open(path, OpenMode.CREATE_NEW);
        } catch (ErrnoException e) {
            throw new IOException(
                    switch (e.errno()) {
                        case EEXIST -> "image " + path + " exists already: leave out --create to serve it as it is";
                        case ENOENT -> "image " + path + " cannot be created: its directory does not exist";
                        default ->
                            "image " + path + " cannot be created: " + e.errno().description();
                    },
                    e);
        }
        try {
            FileIo.truncate(fd.number(), spec.createBytes());
            return fd;
        } catch (ErrnoException e) {
            fd.close();
            Files.deleteIfExists(path);
            throw new IOException(
                    "image " + path + " cannot have " + spec.createBytes() + " bytes: "
                            + e.errno().description(),
                    e);
        }
    }

    private static OwnedFd openExisting(ImageSpec spec) throws IOException {
        Path path = spec.path();
        try {
            return FileIo.open(path, spec.readOnly() ? OpenMode.READ_ONLY : OpenMode.READ_WRITE);
        } catch (ErrnoException e) {
            throw new IOException(
                    switch (e.errno()) {
                        case ENOENT, ENOTDIR ->
                            "image " + path + " does not exist: check the path, or add --create SIZE";
                        case EISDIR -> directory(path);
                        case EACCES, EPERM ->
                            "no permission to " + (spec.readOnly() ? "read" : "read and write") + " image " + path
                                    + ": change its mode or owner" + (spec.readOnly() ? "" : ", or use --read-only");
                        case EROFS -> "image " + path + " lies on a read-only file system: use --read-only";
                        default ->
                            "image " + path + " cannot be opened: " + e.errno().description();
                    },
                    e);
        }
    }

    private static String directory(Path path) {
        return "image " + path + " is a directory: name a file or a disk";
    }

    private static long size(Path path, OwnedFd fd) throws IOException {
        FileStatus status = FileIo.status(fd);
        return switch (status.kind()) {
            case REGULAR -> status.size();
            case BLOCK, CHARACTER -> diskSize(path, fd);
            case DIRECTORY -> throw new IOException(directory(path));
            case PIPE, SOCKET, ANONYMOUS, OTHER -> throw notADisk(path, null);
        };
    }

    private static long diskSize(Path path, OwnedFd fd) throws IOException {
        try {
            return FileIo.deviceSize(fd.number());
        } catch (ErrnoException e) {
            throw notADisk(path, e);
        }
    }

    private static IOException notADisk(Path path, @Nullable ErrnoException cause) {
        return new IOException("image " + path + " is neither a file nor a disk", cause);
    }

    private static void lock(ImageSpec spec, OwnedFd fd) throws IOException {
        boolean locked;
        try {
            locked = FileIo.tryLock(fd.number(), !spec.readOnly());
        } catch (ErrnoException e) {
            throw new IOException(
                    "image " + spec.path() + " cannot be locked against other processes: " + e.getMessage(), e);
        }
        if (!locked) {
            throw new IOException("image " + spec.path() + " is in use by another process: stop it first"
                    + (spec.readOnly() ? "" : ", or use --read-only on both sides"));
        }
    }
}

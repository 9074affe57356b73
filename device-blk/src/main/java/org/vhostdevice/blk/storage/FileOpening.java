package org.vhostdevice.blk.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.FileIo;
import org.vhostdevice.core.sys.FileStatus;
import org.vhostdevice.core.sys.OpenMode;
import org.vhostdevice.core.sys.OwnedFd;

/// Opens, makes and locks files, and says in one line what to do about what fails.
final class FileOpening {
    private FileOpening() {}

    /// A new file of the size that the specification names.
    static OwnedFd create(FileSpec spec) throws IOException {
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

    /// The file that is there.
    static OwnedFd open(FileSpec spec) throws IOException {
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

    /// The same file once more, past the page cache.
    static OwnedFd openDirect(FileSpec spec) throws IOException {
        try {
            return FileIo.openDirect(spec.path(), spec.readOnly() ? OpenMode.READ_ONLY : OpenMode.READ_WRITE);
        } catch (ErrnoException e) {
            throw new IOException(
                    "image " + spec.path() + " cannot be used past the page cache ("
                            + e.errno().description() + "): use --cache writeback",
                    e);
        }
    }

    /// Bytes in the file or the disk.
    static long size(Path path, OwnedFd fd) throws IOException {
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

    private static String directory(Path path) {
        return "image " + path + " is a directory: name a file or a disk";
    }

    private static IOException notADisk(Path path, @Nullable ErrnoException cause) {
        return new IOException("image " + path + " is neither a file nor a disk", cause);
    }

    static void lock(FileSpec spec, OwnedFd fd) throws IOException {
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

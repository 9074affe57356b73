package org.vhostdevice.core.frontend.fuse;

/// Operations of the FUSE protocol up to version 7.45, by their numbers.
public enum FuseOpcode {
    /// Finds a name in a folder.
    LOOKUP(1),
    /// Gives lookups of a node back; has no answer.
    FORGET(2),
    /// Asks for attributes.
    GETATTR(3),
    /// Changes attributes.
    SETATTR(4),
    /// Reads a symbolic link.
    READLINK(5),
    /// Makes a symbolic link.
    SYMLINK(6),
    /// Makes a node.
    MKNOD(8),
    /// Makes a folder.
    MKDIR(9),
    /// Removes a name that is not a folder's.
    UNLINK(10),
    /// Removes a folder.
    RMDIR(11),
    /// Changes a name.
    RENAME(12),
    /// Makes another name.
    LINK(13),
    /// Opens a file.
    OPEN(14),
    /// Reads of a file.
    READ(15),
    /// Writes to a file.
    WRITE(16),
    /// Asks for figures of the file system.
    STATFS(17),
    /// Closes a file.
    RELEASE(18),
    /// Makes a file durable.
    FSYNC(20),
    /// Sets an extended attribute.
    SETXATTR(21),
    /// Reads an extended attribute.
    GETXATTR(22),
    /// Lists extended attributes.
    LISTXATTR(23),
    /// Removes an extended attribute.
    REMOVEXATTR(24),
    /// One of the descriptors of a file is closed.
    FLUSH(25),
    /// Begins a session.
    INIT(26),
    /// Opens a folder.
    OPENDIR(27),
    /// Reads of a folder.
    READDIR(28),
    /// Closes a folder.
    RELEASEDIR(29),
    /// Makes a folder durable.
    FSYNCDIR(30),
    /// Asks for a lock.
    GETLK(31),
    /// Sets a lock.
    SETLK(32),
    /// Sets a lock and waits for it.
    SETLKW(33),
    /// Asks for permission.
    ACCESS(34),
    /// Makes and opens a file.
    CREATE(35),
    /// Wants no answer to another request any more.
    INTERRUPT(36),
    /// Translates a block number.
    BMAP(37),
    /// Ends the session.
    DESTROY(38),
    /// Does a device's own operation.
    IOCTL(39),
    /// Asks whether a file is ready.
    POLL(40),
    /// Answers a notification.
    NOTIFY_REPLY(41),
    /// Gives lookups of several nodes back; has no answer.
    BATCH_FORGET(42),
    /// Reserves or frees room in a file.
    FALLOCATE(43),
    /// Reads of a folder, with attributes.
    READDIRPLUS(44),
    /// Changes a name, with flags.
    RENAME2(45),
    /// Finds data or holes.
    LSEEK(46),
    /// Copies from one file to another.
    COPY_FILE_RANGE(47),
    /// Maps a part of a file into shared memory.
    SETUPMAPPING(48),
    /// Ends such mappings.
    REMOVEMAPPING(49),
    /// Makes the file system durable.
    SYNCFS(50),
    /// Makes a file without a name.
    TMPFILE(51),
    /// Asks for attributes, some of them.
    STATX(52),
    /// Copies from one file to another, any length.
    COPY_FILE_RANGE_64(53);

    private final int number;

    FuseOpcode(int number) {
        this.number = number;
    }

    /// {@return its number in requests}
    public int number() {
        return number;
    }
}

package org.vhostdevice.fs.fuse;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Operations that are served (`enum fuse_opcode` in `linux/fuse.h`). The others, BMAP and POLL among them, are
/// `ENOSYS`: the guest then does without and does not ask again.
public enum Opcode {
    /// Finds a name in a directory.
    LOOKUP(1, 1, 128),
    /// Takes back lookups of a node; has no answer.
    FORGET(2, 8, 0),
    /// Gives attributes.
    GETATTR(3, 16, 104),
    /// Changes attributes.
    SETATTR(4, 88, 104, Trait.MODIFIES),
    /// Reads a symbolic link.
    READLINK(5, 0, 0),
    /// Makes a symbolic link.
    SYMLINK(6, 2, 128, Trait.MODIFIES),
    /// Makes a file.
    MKNOD(8, 17, 128, Trait.MODIFIES),
    /// Makes a directory.
    MKDIR(9, 9, 128, Trait.MODIFIES),
    /// Removes a file's name.
    UNLINK(10, 1, 0, Trait.MODIFIES),
    /// Removes a directory.
    RMDIR(11, 1, 0, Trait.MODIFIES),
    /// Renames.
    RENAME(12, 10, 0, Trait.MODIFIES),
    /// Gives a file another name.
    LINK(13, 9, 128, Trait.MODIFIES),
    /// Opens a file.
    OPEN(14, 8, 16),
    /// Reads.
    READ(15, 40, 0, Trait.SHORT),
    /// Writes.
    WRITE(16, 40, 8, Trait.MODIFIES, Trait.SHORT),
    /// Tells about the file system.
    STATFS(17, 0, 80),
    /// Ends the use of an open file.
    RELEASE(18, 24, 0),
    /// Puts a file on stable storage.
    FSYNC(20, 16, 0, Trait.WAITS, Trait.SHORT),
    /// Sets an extended attribute.
    SETXATTR(21, 8, 0, Trait.MODIFIES),
    /// Reads an extended attribute.
    GETXATTR(22, 8, 0),
    /// Lists extended attributes.
    LISTXATTR(23, 8, 0),
    /// Removes an extended attribute.
    REMOVEXATTR(24, 1, 0, Trait.MODIFIES),
    /// Tells that a descriptor of a file was closed.
    FLUSH(25, 24, 0),
    /// Begins a session.
    INIT(26, 8, 64),
    /// Opens a directory.
    OPENDIR(27, 8, 16),
    /// Reads a directory.
    READDIR(28, 40, 0),
    /// Ends the use of an open directory.
    RELEASEDIR(29, 24, 0),
    /// Puts a directory on stable storage.
    FSYNCDIR(30, 16, 0, Trait.WAITS, Trait.SHORT),
    /// Asks for a lock that is in the way.
    GETLK(31, 48, 24),
    /// Sets a lock.
    SETLK(32, 48, 0),
    /// Sets a lock, and waits for it.
    SETLKW(33, 48, 0, Trait.SHORT),
    /// Checks permissions.
    ACCESS(34, 8, 0),
    /// Makes and opens a file.
    CREATE(35, 17, 144, Trait.MODIFIES),
    /// Ends the wait of another request; has no answer.
    INTERRUPT(36, 8, 0),
    /// Ends the session.
    DESTROY(38, 0, 0),
    /// Does an `ioctl(2)`.
    IOCTL(39, 32, 16),
    /// Takes back lookups of several nodes; has no answer.
    BATCH_FORGET(42, 8, 0),
    /// Reserves or frees room in a file.
    FALLOCATE(43, 32, 0, Trait.MODIFIES, Trait.WAITS, Trait.SHORT),
    /// Reads a directory, and looks its entries up.
    READDIRPLUS(44, 40, 0),
    /// Renames, with flags.
    RENAME2(45, 18, 0, Trait.MODIFIES),
    /// Finds data or holes.
    LSEEK(46, 24, 8),
    /// Copies from one file to another.
    COPY_FILE_RANGE(47, 56, 8, Trait.MODIFIES, Trait.WAITS, Trait.SHORT),
    /// Puts the file system on stable storage.
    SYNCFS(50, 8, 0, Trait.WAITS, Trait.SHORT),
    /// Makes and opens a file without a name.
    TMPFILE(51, 16, 144, Trait.MODIFIES),
    /// Gives attributes, with the time of birth.
    STATX(52, 24, 288),
    /// Copies from one file to another, and tells of more than 4 GiB.
    COPY_FILE_RANGE_64(53, 56, 8, Trait.MODIFIES, Trait.WAITS, Trait.SHORT);

    /// What the server wants to know of an operation before it does it.
    private enum Trait {
        /// It changes something.
        MODIFIES,
        /// It usually waits for the host's medium.
        WAITS,
        /// Its arguments are of fixed length; if something is behind them, it is file data.
        SHORT
    }

    private static final int NUMBERS = 54;
    private static final @Nullable Opcode[] BY_NUMBER = new @Nullable Opcode[NUMBERS];

    static {
        for (Opcode opcode : values()) {
            BY_NUMBER[opcode.number] = opcode;
        }
    }

    private final int number;
    private final int leastArguments;
    private final int leastAnswer;
    private final boolean modifies;
    private final boolean waits;
    private final boolean isShort;

    Opcode(int number, int leastArguments, int leastAnswer, Trait... traits) {
        this.number = number;
        this.leastArguments = leastArguments;
        this.leastAnswer = leastAnswer;
        List<Trait> all = List.of(traits);
        this.modifies = all.contains(Trait.MODIFIES);
        this.waits = all.contains(Trait.WAITS);
        this.isShort = all.contains(Trait.SHORT);
    }

    /// The operation with a number.
    ///
    /// @return null if it is not served
    static @Nullable Opcode of(int number) {
        return number >= 0 && number < NUMBERS ? BY_NUMBER[number] : null;
    }

    /// {@return its number in requests}
    int number() {
        return number;
    }

    /// {@return bytes behind the header without which it is malformed}
    int leastArguments() {
        return leastArguments;
    }

    /// {@return bytes behind the header that its answer always has if it succeeds}
    int leastAnswer() {
        return leastAnswer;
    }

    /// {@return whether it changes something}
    boolean modifies() {
        return modifies;
    }

    /// {@return whether it usually waits for the host's medium}
    boolean waits() {
        return waits;
    }

    /// {@return whether nothing behind [#leastArguments] need be looked at, but file data}
    boolean isShort() {
        return isShort;
    }

    /// {@return whether it has no answer at all}
    boolean silent() {
        return this == FORGET || this == BATCH_FORGET || this == INTERRUPT;
    }

    /// {@return whether a lock may have been given back by it}
    public boolean mayUnlock() {
        return this == SETLK || this == SETLKW || this == FLUSH || this == RELEASE;
    }
}

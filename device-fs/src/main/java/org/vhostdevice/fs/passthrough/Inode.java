package org.vhostdevice.fs.passthrough;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.sys.FileCalls;
import org.vhostdevice.core.sys.FileStat;

/// A file of the host that the guest knows, by a descriptor that only names it.
final class Inode extends Counted {
    /// Stands for no descriptor.
    static final int NONE = -1;

    private static final VarHandle LOOKUPS;

    static {
        try {
            LOOKUPS = MethodHandles.lookup().findVarHandle(Inode.class, "lookups", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /// What tells a file from all others of this host.
    ///
    /// @param device its file system
    /// @param number its inode
    /// @param mount by which it was reached
    record Key(long device, long number, long mount) {
        static Key of(FileStat stat) {
            return new Key(stat.device(), stat.inode(), stat.mount());
        }
    }

    /// Where a file was last seen.
    static final class Place {
        private final long parent;
        private final byte[] name;

        /// @param name a C string, which is copied
        Place(long parent, MemorySegment name) {
            this.parent = parent;
            long length = 0;
            while (name.get(ValueLayout.JAVA_BYTE, length) != 0) {
                length++;
            }
            this.name = name.asSlice(0, length + 1).toArray(ValueLayout.JAVA_BYTE);
        }

        long parent() {
            return parent;
        }

        /// The name as a C string.
        MemorySegment string() {
            MemorySegment string = Arena.ofAuto().allocate(name.length);
            MemorySegment.copy(name, 0, string, ValueLayout.JAVA_BYTE, 0, name.length);
            return string;
        }
    }

    private final Key key;
    private final int type;
    private final LockOwners locks = new LockOwners();
    private volatile long lookups = 1;
    private volatile int fd;
    private volatile @Nullable Place place;
    private volatile byte @Nullable [] handle;

    /// When it was last used, for [NodeBudget].
    volatile boolean recent = true;

    /// @param fd owned from now on
    Inode(Key key, int type, int fd, @Nullable Place place) {
        this.key = key;
        this.type = type;
        this.fd = fd;
        this.place = place;
    }

    Key key() {
        return key;
    }

    /// As in `S_IFMT`.
    int type() {
        return type;
    }

    boolean isDirectory() {
        return type == FileStat.DIRECTORY;
    }

    boolean isRegular() {
        return type == FileStat.REGULAR;
    }

    LockOwners locks() {
        return locks;
    }

    @Nullable
    Place place() {
        return place;
    }

    void seenAt(Place newPlace) {
        place = newPlace;
    }

    /// By what the host finds it without a name, once somebody has asked for that.
    byte @Nullable [] handle() {
        return handle;
    }

    void handle(byte[] newHandle) {
        handle = newHandle;
    }

    /// The descriptor; [#NONE] while it is given back to save some.
    int fd() {
        return fd;
    }

    void fd(int newFd) {
        fd = newFd;
    }

    /// Counts a lookup, unless the guest has just forgotten the file.
    boolean addLookup() {
        while (true) {
            long now = lookups;
            if (now == 0) {
                return false;
            }
            if (LOOKUPS.compareAndSet(this, now, now + 1)) {
                return true;
            }
        }
    }

    /// Takes lookups back.
    ///
    /// @return whether these were the last
    boolean dropLookups(long count) {
        while (true) {
            long now = lookups;
            long rest = count < 0 || count > now ? 0 : now - count;
            if (now == 0) {
                return false;
            }
            if (LOOKUPS.compareAndSet(this, now, rest)) {
                return rest == 0;
            }
        }
    }

    @Override
    void free() {
        locks.close();
        if (fd != NONE) {
            FileCalls.close(fd);
        }
    }
}

package org.vhostdevice.fs.passthrough;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.FileCalls;
import org.vhostdevice.core.sys.FileStat;
import org.vhostdevice.core.sys.NodeRef;
import org.vhostdevice.fs.vfs.FsException;

/// A file of the host that the guest knows, by a descriptor that only names it.
final class Inode extends Counted {
    /// Stands for no descriptor.
    static final int NONE = -1;

    private static final AtomicLongFieldUpdater<Inode> LOOKUPS =
            AtomicLongFieldUpdater.newUpdater(Inode.class, "lookups");

    /// What tells a file from all others of this host.
    ///
    /// @param device its file system
    /// @param number its inode
    /// @param generation tells it from earlier files with that inode
    /// @param mount by which it was reached
    record Key(long device, long number, long generation, long mount) {
        static Key of(FileStat stat) {
            return new Key(stat.device(), stat.inode(), stat.generation(), stat.mount());
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

        /// Whether it is this one.
        ///
        /// @param otherName a C string
        private boolean is(long otherParent, MemorySegment otherName) {
            boolean same = parent == otherParent;
            for (int i = 0; same && i < name.length; i++) {
                same = otherName.get(ValueLayout.JAVA_BYTE, i) == name[i];
            }
            return same;
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
    private final LockOwners locks;
    private volatile long lookups = 1;
    private final boolean named;
    private volatile @Nullable NodeRef ref;
    private volatile @Nullable Place place;
    private volatile byte @Nullable [] handle;

    /// When it was last used, for [NodeBudget].
    volatile boolean recent = true;

    /// Directories that must stay open for this file, which is known by its name in one of them; guarded by this.
    private Set<Inode> parents = Set.of();

    /// A file that a descriptor names.
    ///
    /// @param fd owned from now on
    Inode(Key key, int type, int fd, @Nullable Place place, FdBudget openFiles) {
        this.locks = new LockOwners(openFiles);
        this.key = key;
        this.type = type;
        this.named = false;
        this.ref = NodeRef.of(fd);
        this.place = place;
    }

    /// A file that is known by its name only.
    ///
    /// @param parent in use, with its descriptor there
    Inode(Key key, int type, Inode parent, Place place, FdBudget openFiles) {
        this.locks = new LockOwners(openFiles);
        this.key = key;
        this.type = type;
        this.named = true;
        this.place = place;
        follow(parent, place);
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

    /// Takes note of another name.
    ///
    /// @param parent in use, with its descriptor there
    void seenAt(Inode parent, Place newPlace) {
        place = newPlace;
        if (named) {
            follow(parent, newPlace);
        }
    }

    /// A name was found to lead to it, which may have lost the name it had.
    ///
    /// @param parent in use, with its descriptor there
    void seenAgain(Inode parent, MemorySegment name) {
        Place now = place;
        if (now == null || !now.is(parent.id(), name)) {
            seenAt(parent, new Place(parent.id(), name));
        }
    }

    private synchronized void follow(Inode parent, Place newPlace) {
        if (!parents.contains(parent) && parent.tryUse()) {
            Set<Inode> more = new HashSet<>(parents);
            more.add(parent);
            parents = more;
        }
        ref = NodeRef.named(parent.fd(), newPlace.string());
    }

    /// Makes sure that a descriptor, which was opened by a name, is of this file.
    ///
    /// @param opened closed if it is not
    /// @return the descriptor
    /// @throws FsException `ESTALE` if it is of another file
    int opened(int opened) throws FsException {
        FileStat stat = new FileStat();
        if (stat.load(opened) < 0 || !Key.of(stat).equals(key)) {
            FileCalls.close(opened);
            throw FsException.of(Errno.ESTALE);
        }
        return opened;
    }

    /// By what the host finds it without a name, once somebody has asked for that.
    byte @Nullable [] handle() {
        return handle;
    }

    void handle(byte[] newHandle) {
        handle = newHandle;
    }

    /// How calls reach it.
    ///
    /// @throws IllegalStateException while its descriptor is given back: who uses it has it brought back first
    NodeRef ref() {
        NodeRef now = ref;
        if (now == null) {
            throw new IllegalStateException("the descriptor is given back");
        }
        return now;
    }

    /// Whether it has neither a descriptor nor a name to be reached by.
    boolean isAway() {
        return ref == null;
    }

    /// Its descriptor; [#NONE] while it is given back to save some, and for a file that is known by its name.
    int fd() {
        NodeRef now = ref;
        return now == null || named ? NONE : now.at();
    }

    void fd(int newFd) {
        ref = newFd == NONE ? null : NodeRef.of(newFd);
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
        if (fd() != NONE) {
            FileCalls.close(fd());
        }
        synchronized (this) {
            parents.forEach(Inode::close);
        }
    }
}

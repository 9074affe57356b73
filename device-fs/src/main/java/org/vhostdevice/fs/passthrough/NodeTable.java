package org.vhostdevice.fs.passthrough;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.FileStat;
import org.vhostdevice.core.sys.NodeCalls;
import org.vhostdevice.core.sys.TreeCalls;
import org.vhostdevice.fs.vfs.FileSystem;
import org.vhostdevice.fs.vfs.FsException;

/// The files that the guest knows: by its number, and by what they are on the host. Any thread.
final class NodeTable {
    /// Bytes of the heap for each file, rounded up; a test measures them.
    static final long NODE_BYTES = 320;

    private final NodeCalls calls;
    private final NodeBudget budget;
    private final FdBudget openFiles;
    private final SlotTable<Inode> nodes = new SlotTable<>(most());
    private final ConcurrentHashMap<Inode.Key, Inode> known = new ConcurrentHashMap<>();

    /// @param root a node of the root, owned from now on
    NodeTable(NodeCalls calls, NodeBudget budget, FdBudget openFiles, int root, FileStat rootStat) {
        this.openFiles = openFiles;
        this.calls = calls;
        this.budget = budget;
        budget.serve(nodes);
        Inode inode = new Inode(Inode.Key.of(rootStat), FileStat.DIRECTORY, root, null, openFiles);
        known.put(inode.key(), inode);
        if (!nodes.add(inode) || inode.id() != FileSystem.ROOT) {
            throw new IllegalStateException("the root is not the first node");
        }
    }

    /// As many files as the heap has room for, with as much again for all else.
    private static int most() {
        return (int) Math.min(Integer.MAX_VALUE, Runtime.getRuntime().maxMemory() / 2 / NODE_BYTES);
    }

    /// Finds a file and begins to use it, with its descriptor there.
    ///
    /// @throws FsException `ENOENT` if the guest does not know it, `ESTALE` if the host no longer does
    Inode use(long id) throws FsException {
        Inode inode = useAsIs(id);
        if (!inode.recent) {
            inode.recent = true;
        }
        if (inode.isAway()) {
            try {
                budget.restore(inode, this);
            } catch (FsException e) {
                inode.close();
                throw e;
            }
        }
        return inode;
    }

    /// Finds a directory and begins to use it, with its descriptor there.
    ///
    /// @throws FsException also `ENOTDIR`
    Inode useDirectory(long id) throws FsException {
        Inode inode = use(id);
        if (!inode.isDirectory()) {
            inode.close();
            throw FsException.of(Errno.ENOTDIR);
        }
        return inode;
    }

    /// Finds a file and begins to use it, with or without its descriptor.
    ///
    /// @throws FsException `ENOENT` if the guest does not know it
    Inode useAsIs(long id) throws FsException {
        Inode inode = useIfKnown(id);
        if (inode == null) {
            throw FsException.of(Errno.ENOENT);
        }
        return inode;
    }

    /// As [#useAsIs]; null if the guest does not know the file.
    @Nullable
    Inode useIfKnown(long id) {
        return nodes.use(id);
    }

    /// Looks a name up and counts that.
    ///
    /// @param stat filled with the attributes
    /// @return the number of the file
    long lookup(Inode parent, MemorySegment name, FileStat stat) throws FsException {
        FsException.throwIf(stat.load(parent.fd(), name));
        Inode inode = known.get(Inode.Key.of(stat));
        if (inode != null && inode.type() == stat.type() && inode.addLookup()) {
            inode.seenAgain(parent, name);
            return inode.id();
        }
        return enter(parent, name, stat.type(), stat);
    }

    /// Enters a name, and counts that as a lookup.
    ///
    /// @param type what it is expected to be
    /// @param stat filled with the attributes
    /// @return the number of the file
    long enter(Inode parent, MemorySegment name, int type, FileStat stat) throws FsException {
        Inode.Place place = new Inode.Place(parent.id(), name);
        if (calls.canName(type)) {
            return enter(open(parent.fd(), name), stat, place);
        }
        FsException.throwIf(stat.load(parent.fd(), name));
        Inode inode = new Inode(Inode.Key.of(stat), stat.type(), parent, place, openFiles);
        long id = enter(inode);
        Inode other = id == inode.id() ? null : nodes.find(id);
        if (other != null) {
            other.seenAgain(parent, name);
        }
        return id;
    }

    /// Enters the file of a node that was just opened, and counts that as a lookup.
    ///
    /// @param fd owned from now on
    /// @param stat filled with the attributes
    /// @return the number of the file
    long enter(int fd, FileStat stat, Inode.@Nullable Place place) throws FsException {
        int failed = stat.load(fd);
        Inode inode = new Inode(Inode.Key.of(stat), stat.type(), fd, place, openFiles);
        if (failed < 0) {
            inode.close();
            throw FsException.ofHost(-failed);
        }
        return enter(inode);
    }

    private long enter(Inode inode) throws FsException {
        if (!nodes.add(inode)) {
            inode.close();
            throw FsException.of(Errno.ENFILE);
        }
        while (true) {
            Inode other = known.putIfAbsent(inode.key(), inode);
            if (other == null) {
                budget.opened(inode);
                return inode.id();
            }
            if (other.type() == inode.type() && other.addLookup()) {
                boolean _ = nodes.remove(inode);
                return other.id();
            }
            known.remove(inode.key(), other); // on its way out, or gone from the host, which uses its number again
        }
    }

    /// Opens a node, with room made for its descriptor.
    int open(int directory, MemorySegment name) throws FsException {
        budget.makeRoom();
        int fd = calls.open(directory, name);
        if (fd < 0 && Errno.of(-fd) == Errno.EMFILE && budget.spare()) {
            fd = calls.open(directory, name);
        }
        return FsException.check(fd);
    }

    /// Opens a file by the name that it was last seen by.
    ///
    /// @param flags of this host, see [org.vhostdevice.core.sys.OpenFlags]
    /// @return a descriptor that the caller owns
    /// @throws FsException `ESTALE` if it has that name no longer: the guest looks it up anew then
    int openByName(Inode inode, int flags) throws FsException {
        Inode.Place place = placeOf(inode);
        try (Inode parent = parentOf(place)) {
            MemorySegment name = place.string();
            int fd = TreeCalls.open(parent.fd(), name, flags, 0);
            if (fd < 0) {
                requireName(inode, parent, name);
            }
            return inode.opened(FsException.check(fd));
        }
    }

    private Inode parentOf(Inode.Place place) throws FsException {
        try {
            return use(place.parent());
        } catch (FsException e) {
            throw e == FsException.of(Errno.ENOENT) ? FsException.of(Errno.ESTALE) : e;
        }
    }

    /// Makes sure that a name leads to a file.
    ///
    /// @throws FsException `ESTALE` if not
    private static void requireName(Inode inode, Inode parent, MemorySegment name) throws FsException {
        FileStat stat = new FileStat();
        if (stat.load(parent.fd(), name) < 0 || !Inode.Key.of(stat).equals(inode.key())) {
            throw FsException.of(Errno.ESTALE);
        }
    }

    /// Gives a file another name, by the name that it was last seen by.
    ///
    /// @return 0, or a negated error number
    /// @throws FsException `ESTALE` if it has that name no longer
    int linkByName(Inode inode, Inode directory, MemorySegment newName) throws FsException {
        Inode.Place place = placeOf(inode);
        int result;
        try (Inode parent = parentOf(place)) {
            MemorySegment name = place.string();
            result = TreeCalls.link(parent.fd(), name, directory.fd(), newName);
            if (result < 0) {
                requireName(inode, parent, name);
            }
        }
        FileStat stat = new FileStat();
        if (result == 0
                && stat.load(directory.fd(), newName) == 0
                && !Inode.Key.of(stat).equals(inode.key())) {
            int _ = TreeCalls.unlink(directory.fd(), newName, 0);
            throw FsException.of(Errno.ESTALE);
        }
        return result;
    }

    private static Inode.Place placeOf(Inode inode) throws FsException {
        Inode.Place place = inode.place();
        if (place == null) {
            throw FsException.of(Errno.ESTALE);
        }
        return place;
    }

    /// Sees to it that one more file can be named.
    void makeRoom() {
        budget.makeRoom();
    }

    /// Gives descriptors of files back that were not used lately.
    ///
    /// @return whether there were some
    boolean spare() {
        return budget.spare();
    }

    /// Takes lookups back, and with the last of them the file.
    void forget(long id, long lookups) {
        Inode inode = id == FileSystem.ROOT ? null : nodes.find(id);
        if (inode != null && inode.dropLookups(lookups)) {
            remove(inode);
        }
    }

    private void remove(Inode inode) {
        known.remove(inode.key(), inode);
        budget.closed(inode);
        boolean _ = nodes.remove(inode);
    }

    /// Forgets all files but the root.
    void reset() {
        nodes.forEach(inode -> {
            if (inode.id() != FileSystem.ROOT && inode.dropLookups(-1)) {
                remove(inode);
            }
        });
    }

    /// Forgets the root, too.
    void close() {
        reset();
        Inode root = nodes.find(FileSystem.ROOT);
        if (root != null) {
            remove(root);
        }
    }

    /// How many files there are.
    int size() {
        return nodes.size();
    }

    /// Finds what a name leads to among the files that are known, without a lookup.
    @Nullable
    Inode peek(FileStat stat) {
        return known.get(Inode.Key.of(stat));
    }
}

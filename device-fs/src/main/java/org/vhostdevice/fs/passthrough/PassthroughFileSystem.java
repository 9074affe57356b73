package org.vhostdevice.fs.passthrough;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.vhostdevice.core.memory.IoBuffers;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.FileCalls;
import org.vhostdevice.core.sys.FileIo;
import org.vhostdevice.core.sys.FileStat;
import org.vhostdevice.core.sys.NodeCalls;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.TreeCalls;
import org.vhostdevice.fs.passthrough.PassthroughOptions.Trait;
import org.vhostdevice.fs.vfs.AttributeChange;
import org.vhostdevice.fs.vfs.Caller;
import org.vhostdevice.fs.vfs.DirectorySink;
import org.vhostdevice.fs.vfs.FileLock;
import org.vhostdevice.fs.vfs.FileSystem;
import org.vhostdevice.fs.vfs.FsException;

/// A directory of this host as a file system.
///
/// No path is ever followed: each operation starts from a descriptor and goes one component further, never through a
/// symbolic link and never to `..`. So nothing outside the directory can be reached, whatever is renamed or replaced
/// meanwhile, by the guest or on the host. Devices, FIFOs and sockets are named and never opened.
@SuppressWarnings("checkstyle:ParameterNumber")
public final class PassthroughFileSystem implements FileSystem {
    private final Host host;
    private final NameOperations names;
    private final FileOperations files;
    private final DirectoryOperations directories;
    private final AttributeOperations attributes;
    private final XattrOperations xattrs;
    private final LockOperations locks;

    private PassthroughFileSystem(Host host) {
        this.host = host;
        this.files = new FileOperations(host);
        this.names = new NameOperations(host, files);
        this.directories = new DirectoryOperations(host);
        this.attributes = new AttributeOperations(host);
        this.xattrs = new XattrOperations(host);
        this.locks = new LockOperations(host);
    }

    /// Begins to share a directory.
    ///
    /// @param options how
    /// @return the file system; the caller closes it
    /// @throws IOException if it is no directory, or may not be opened
    public static PassthroughFileSystem open(PassthroughOptions options) throws IOException {
        NodeCalls calls = options.has(Trait.WORKING_DIRECTORY) ? NodeCalls.ofWorkingDirectory() : NodeCalls.ofHost();
        FileStat stat = new FileStat();
        OwnedFd root = FileIo.openDirectory(options.directory());
        int failed = stat.load(root.number());
        if (failed < 0) {
            root.close();
            throw new IOException(options.directory() + " cannot be shared: "
                    + Errno.of(-failed).description());
        }
        FileHandles handles;
        try {
            handles = new FileHandles(calls, options.fileHandles(), root.number(), stat);
        } catch (IOException e) {
            root.close();
            throw e;
        }
        FdLimits fds = options.fds() == null ? FdLimits.ofProcess() : options.fds();
        FdBudget openFiles = new FdBudget(fds.open());
        NodeBudget named = new NodeBudget(calls, handles, fds.nodes());
        NodeTable nodes = new NodeTable(calls, named, openFiles, root.release(), stat);
        Owners owners = Owners.of(options.identity(), calls);
        return new PassthroughFileSystem(
                new Host(options, calls, nodes, handles, openFiles, owners, new SlotTable<>(), new SlotTable<>()));
    }

    /// {@return how many files the guest knows, the root among them}
    public int nodeCount() {
        return host.nodes().size();
    }

    @Override
    public long lookup(Caller caller, long parent, MemorySegment name) throws FsException {
        return names.lookup(caller, parent, name);
    }

    @Override
    public void forget(long node, long lookups) {
        host.nodes().forget(node, lookups);
    }

    @Override
    public void getattr(Caller caller, long node, long handle) throws FsException {
        attributes.get(caller, node);
    }

    @Override
    public void setattr(Caller caller, long node, AttributeChange change) throws FsException {
        attributes.set(caller, node, change);
    }

    @Override
    public int readlink(Caller caller, long node, MemorySegment into) throws FsException {
        try (Inode inode = host.nodes().use(node)) {
            host.requireName(caller, inode);
            return (int) FsException.check(host.calls().readLink(inode.ref(), into));
        }
    }

    @Override
    public long symlink(Caller caller, long parent, MemorySegment name, MemorySegment target) throws FsException {
        return names.symlink(caller, parent, name, target);
    }

    @Override
    public long mknod(Caller caller, long parent, MemorySegment name, int mode, int device) throws FsException {
        return names.mknod(caller, parent, name, mode, device);
    }

    @Override
    public long mkdir(Caller caller, long parent, MemorySegment name, int mode) throws FsException {
        return names.mkdir(caller, parent, name, mode);
    }

    @Override
    public void unlink(Caller caller, long parent, MemorySegment name) throws FsException {
        names.remove(parent, name, 0);
    }

    @Override
    public void rmdir(Caller caller, long parent, MemorySegment name) throws FsException {
        names.remove(parent, name, TreeCalls.REMOVE_DIRECTORY);
    }

    @Override
    public void rename(Caller caller, long parent, MemorySegment name, long newParent, MemorySegment newName, int flags)
            throws FsException {
        names.rename(caller, parent, name, newParent, newName, flags);
    }

    @Override
    public long link(Caller caller, long node, long newParent, MemorySegment newName) throws FsException {
        return names.link(caller, node, newParent, newName);
    }

    @Override
    public long open(Caller caller, long node, int flags, boolean killPrivileges) throws FsException {
        return files.open(caller, node, flags, killPrivileges);
    }

    @Override
    public long create(Caller caller, long parent, MemorySegment name, int mode, int flags, boolean killPrivileges)
            throws FsException {
        return names.create(caller, parent, name, mode, flags, killPrivileges);
    }

    @Override
    public long tmpfile(Caller caller, long parent, int mode, int flags) throws FsException {
        return names.tmpfile(caller, parent, mode, flags);
    }

    @Override
    public int read(Caller caller, long handle, long offset, IoBuffers into, long position, int bytes, boolean mayWait)
            throws FsException {
        return files.read(caller, handle, offset, into, position, bytes, mayWait);
    }

    @Override
    public int write(
            Caller caller, long handle, long offset, IoBuffers from, long position, int bytes, boolean killPrivileges)
            throws FsException {
        return files.write(caller, handle, offset, from, position, bytes, killPrivileges);
    }

    @Override
    public void flush(Caller caller, long node, long handle, long owner) throws FsException {
        locks.end(node, owner);
    }

    @Override
    public void release(Caller caller, long node, long handle) throws FsException {
        locks.endHandle(node, handle);
        files.release(handle);
    }

    @Override
    public void fsync(Caller caller, long node, long handle, boolean dataOnly) throws FsException {
        files.fsync(node, handle, dataOnly);
    }

    @Override
    public FileCalls.FileSystemStat statfs(Caller caller, long node) throws FsException {
        try (Inode inode = host.nodes().use(node)) {
            return FileCalls.statFileSystem(inode.ref().at());
        } catch (ErrnoException e) {
            throw FsException.of(e);
        }
    }

    @Override
    public long opendir(Caller caller, long node) throws FsException {
        return directories.open(node);
    }

    @Override
    public void readdir(Caller caller, long node, long handle, long offset, boolean plus, DirectorySink sink)
            throws FsException {
        directories.read(caller, node, handle, offset, plus, sink);
    }

    @Override
    public void releasedir(Caller caller, long handle) throws FsException {
        directories.release(handle);
    }

    @Override
    public void setxattr(
            Caller caller, long node, MemorySegment name, MemorySegment value, int flags, boolean killSetGid)
            throws FsException {
        xattrs.set(caller, node, name, value, flags, killSetGid);
    }

    @Override
    public int getxattr(Caller caller, long node, MemorySegment name, MemorySegment into) throws FsException {
        return xattrs.get(node, name, into);
    }

    @Override
    public int listxattr(Caller caller, long node, MemorySegment into) throws FsException {
        return xattrs.list(node, into);
    }

    @Override
    public void removexattr(Caller caller, long node, MemorySegment name) throws FsException {
        xattrs.remove(node, name);
    }

    @Override
    public void access(Caller caller, long node, int mask) throws FsException {
        attributes.access(caller, node, mask);
    }

    @Override
    public void fallocate(Caller caller, long handle, int mode, long offset, long bytes) throws FsException {
        files.fallocate(handle, mode, offset, bytes);
    }

    @Override
    public long lseek(Caller caller, long handle, long offset, boolean hole) throws FsException {
        return files.lseek(handle, offset, hole);
    }

    @Override
    public long copyFileRange(Caller caller, long handle, long offset, long toHandle, long toOffset, long bytes)
            throws FsException {
        return files.copyFileRange(handle, offset, toHandle, toOffset, bytes);
    }

    @Override
    public void syncfs(Caller caller, long node) throws FsException {
        files.syncfs(node);
    }

    @Override
    public FileLock getlk(Caller caller, long node, long handle, FileLock wanted) throws FsException {
        return locks.get(node, handle, wanted);
    }

    @Override
    public void setlk(Caller caller, long node, long handle, FileLock wanted) throws FsException {
        locks.set(node, handle, wanted);
    }

    @Override
    public int ioctl(Caller caller, long node, long handle, int command, MemorySegment in, MemorySegment out)
            throws FsException {
        return attributes.control(node, command, in, out);
    }

    @Override
    public void reset() {
        host.files().clear();
        host.directories().clear();
        host.nodes().reset();
    }

    @Override
    public void close() {
        reset();
        host.nodes().close();
        host.handles().close();
    }
}

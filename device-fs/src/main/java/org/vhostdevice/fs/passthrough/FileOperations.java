package org.vhostdevice.fs.passthrough;

import org.vhostdevice.core.memory.IoBuffers;
import org.vhostdevice.core.memory.IoVecs;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.FileCalls;
import org.vhostdevice.core.sys.FileIo;
import org.vhostdevice.core.sys.NodeRef;
import org.vhostdevice.core.sys.OpenFlags;
import org.vhostdevice.fs.passthrough.PassthroughOptions.Trait;
import org.vhostdevice.fs.vfs.Caller;
import org.vhostdevice.fs.vfs.FsException;

/// Operations on open files.
record FileOperations(Host host) {

    private static final ThreadLocal<IoVecs> VECTORS = ThreadLocal.withInitial(IoVecs::new);

    long open(Caller caller, long node, int flags, boolean killPrivileges) throws FsException {
        try (Inode inode = host.nodes().use(node)) {
            if (inode.isDirectory()) {
                throw FsException.of(Errno.EISDIR);
            }
            int hostFlags = hostFlags(flags);
            OpenFile file = host.open(() -> host.reopen(inode, hostFlags));
            if (killPrivileges && (hostFlags & OpenFlags.TRUNCATE) != 0) {
                host.killPrivileges(caller, inode.ref());
            }
            return add(file);
        }
    }

    /// The flags of the host for a file that exists.
    int hostFlags(int guest) {
        PassthroughOptions options = host.options();
        int flags = OpenFlags.fromGuest(
                guest,
                options.has(Trait.DIRECT_IO),
                options.has(Trait.PRESERVE_NOATIME),
                !options.has(Trait.WRITEBACK));
        if (options.has(Trait.WRITEBACK) && (flags & OpenFlags.ACCESS_MODE) == OpenFlags.WRITE_ONLY) {
            flags = (flags & ~OpenFlags.ACCESS_MODE) | OpenFlags.READ_WRITE; // the guest fills its pages first
        }
        return flags;
    }

    long add(OpenFile file) throws FsException {
        if (!host.files().add(file)) {
            file.close();
            throw FsException.of(Errno.ENFILE);
        }
        return file.id();
    }

    @SuppressWarnings("checkstyle:ParameterNumber")
    int read(Caller caller, long handle, long offset, IoBuffers into, long position, int bytes, boolean mayWait)
            throws FsException {
        try (OpenFile file = host.file(handle)) {
            IoVecs vectors = VECTORS.get();
            int done = 0;
            while (done < bytes) {
                vectors.clear();
                long asked = into.addTo(vectors, position + done, bytes - done);
                long got = mayWait
                        ? FileIo.preadv(file.fd(), vectors.segment(), vectors.count(), offset + done)
                        : FileIo.preadvNowait(file.fd(), vectors.segment(), vectors.count(), offset + done);
                done += (int) got;
                if (got < asked) {
                    return mayWait || isEnd(caller, file.fd(), offset + done) ? done : -1;
                }
            }
            return done;
        } catch (ErrnoException e) {
            throw FsException.of(e);
        }
    }

    private static boolean isEnd(Caller caller, int fd, long offset) throws FsException {
        FsException.throwIf(caller.stat().load(fd));
        return offset >= caller.stat().size();
    }

    @SuppressWarnings("checkstyle:ParameterNumber")
    int write(Caller caller, long handle, long offset, IoBuffers from, long position, int bytes, boolean killPrivileges)
            throws FsException {
        try (OpenFile file = host.file(handle)) {
            IoVecs vectors = VECTORS.get();
            int done = 0;
            while (done < bytes) {
                vectors.clear();
                long asked = from.addTo(vectors, position + done, bytes - done);
                long put = FileIo.pwritev(file.fd(), vectors.segment(), vectors.count(), offset + done);
                done += (int) put;
                if (put < asked) {
                    break;
                }
            }
            if (killPrivileges) {
                host.killPrivileges(caller, NodeRef.of(file.fd()));
            }
            return done;
        } catch (ErrnoException e) {
            throw FsException.of(e);
        }
    }

    void release(long handle) throws FsException {
        OpenFile file = host.files().find(handle);
        if (file == null || !host.files().remove(file)) {
            throw FsException.of(Errno.EBADF);
        }
    }

    void fsync(long node, long handle, boolean dataOnly) throws FsException {
        OpenFile file = host.files().use(handle);
        if (file != null) {
            try (file) {
                FsException.throwIf(FileCalls.sync(file.fd(), dataOnly));
            }
            return;
        }
        try (Inode inode = host.nodes().use(node)) {
            int fd = host.reopen(inode, OpenFlags.READ_ONLY);
            int result = FileCalls.sync(fd, dataOnly);
            FileCalls.close(fd);
            FsException.throwIf(result);
        }
    }

    void fallocate(long handle, int mode, long offset, long bytes) throws FsException {
        try (OpenFile file = host.file(handle)) {
            FsException.throwIf(FileCalls.allocate(file.fd(), mode, offset, bytes));
        }
    }

    long lseek(long handle, long offset, boolean hole) throws FsException {
        try (OpenFile file = host.file(handle)) {
            return FsException.check(FileCalls.seek(file.fd(), offset, hole));
        }
    }

    @SuppressWarnings("checkstyle:ParameterNumber")
    long copyFileRange(long handle, long offset, long toHandle, long toOffset, long bytes) throws FsException {
        try (OpenFile from = host.file(handle);
                OpenFile to = host.file(toHandle)) {
            return FsException.check(FileCalls.copyRange(from.fd(), offset, to.fd(), toOffset, bytes));
        }
    }

    void syncfs(long node) throws FsException {
        try (Inode inode = host.nodes().use(node)) {
            int fd = host.reopen(inode, OpenFlags.READ_ONLY);
            int result = FileCalls.syncFileSystem(fd);
            FileCalls.close(fd);
            FsException.throwIf(result);
        }
    }
}

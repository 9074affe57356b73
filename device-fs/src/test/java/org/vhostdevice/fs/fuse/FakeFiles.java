package org.vhostdevice.fs.fuse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.memory.IoBuffers;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.FileCalls;
import org.vhostdevice.core.sys.FileIo;
import org.vhostdevice.core.sys.FileStat;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.fs.vfs.AttributeChange;
import org.vhostdevice.fs.vfs.Caller;
import org.vhostdevice.fs.vfs.DirectorySink;
import org.vhostdevice.fs.vfs.FileLock;
import org.vhostdevice.fs.vfs.FileSystem;
import org.vhostdevice.fs.vfs.FsException;

/// A file system that writes down what it is asked for, and answers what the test says. Its files have the attributes
/// of
/// the working directory.
@SuppressWarnings("checkstyle:ParameterNumber")
public final class FakeFiles implements FileSystem {
    /// What nodes are found or made.
    static final long NODE = 0x1122_3344_5566_7788L;

    /// What handles are given out.
    static final long HANDLE = 0x0102_0304_0506_0708L;

    private final List<String> calls = new ArrayList<>();
    private final OwnedFd directory;
    private @Nullable FsException failure;
    private @Nullable String failing;
    private String content = "content";
    private boolean readWaits;
    private boolean submount;
    private volatile boolean locked;
    private volatile Runnable onSync = () -> {};
    private Runnable onRead = () -> {};

    /// Makes one that does everything.
    public FakeFiles() {
        try {
            directory = FileIo.openDirectory(Path.of("."));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// {@return what it was asked for since the last time}
    public synchronized List<String> calls() {
        List<String> copy = List.copyOf(calls);
        calls.clear();
        return copy;
    }

    /// Lets an operation fail from now on; all, if it is null.
    synchronized void fail(@Nullable String operation, Errno errno) {
        failing = operation;
        failure = FsException.of(errno);
    }

    /// Lets reads have this as the content of files.
    void content(String text) {
        content = text;
    }

    /// Says whether reads wait for the medium.
    public void readWaits(boolean waits) {
        readWaits = waits;
    }

    /// Runs something before each read.
    public void onRead(Runnable action) {
        onRead = action;
    }

    void submount(boolean is) {
        submount = is;
    }

    /// Says whether somebody else has all locks.
    public void locked(boolean is) {
        locked = is;
    }

    /// Lets FSYNC do something.
    public void onSync(Runnable task) {
        onSync = task;
    }

    /// The attributes of all files.
    FileStat attributes() {
        FileStat stat = new FileStat();
        int _ = stat.load(directory.number());
        return stat;
    }

    private synchronized void called(String name, Object... arguments) {
        StringBuilder text = new StringBuilder(name);
        for (Object argument : arguments) {
            text.append(' ').append(argument);
        }
        calls.add(text.toString());
    }

    private synchronized void check(String name) throws FsException {
        if (failure != null && (failing == null || failing.equals(name))) {
            throw failure;
        }
    }

    private void call(String name, Caller caller, Object... arguments) throws FsException {
        String who = name + " " + caller.uid() + ":" + caller.gid()
                + (caller.group() < 0 ? "" : "+" + caller.group())
                + (caller.umask() == 0 ? "" : " umask " + Integer.toOctalString(caller.umask()));
        called(who, arguments);
        check(name);
    }

    private long found(Caller caller) {
        int _ = caller.stat().load(directory.number());
        caller.submount(submount);
        return NODE;
    }

    private static String text(MemorySegment name) {
        return name.getString(0);
    }

    private static String octal(int mode) {
        return "0" + Integer.toOctalString(mode);
    }

    private int fill(MemorySegment into, String text) throws FsException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (into.byteSize() == 0) {
            return bytes.length;
        }
        if (into.byteSize() < bytes.length) {
            throw FsException.of(Errno.ERANGE);
        }
        MemorySegment.copy(bytes, 0, into, JAVA_BYTE, 0, bytes.length);
        return bytes.length;
    }

    @Override
    public long lookup(Caller caller, long parent, MemorySegment name) throws FsException {
        call("lookup", caller, parent, text(name));
        return found(caller);
    }

    @Override
    public void forget(long node, long lookups) {
        called("forget", node, lookups);
    }

    @Override
    public void getattr(Caller caller, long node, long handle) throws FsException {
        call("getattr", caller, node, handle);
        long _ = found(caller);
    }

    @Override
    public void setattr(Caller caller, long node, AttributeChange change) throws FsException {
        call("setattr", caller, node, change);
        long _ = found(caller);
    }

    @Override
    public int readlink(Caller caller, long node, MemorySegment into) throws FsException {
        call("readlink", caller, node);
        return fill(into, content);
    }

    @Override
    public long symlink(Caller caller, long parent, MemorySegment name, MemorySegment target) throws FsException {
        call("symlink", caller, parent, text(name), text(target));
        return found(caller);
    }

    @Override
    public long mknod(Caller caller, long parent, MemorySegment name, int mode, int device) throws FsException {
        call("mknod", caller, parent, text(name), octal(mode), device);
        return found(caller);
    }

    @Override
    public long mkdir(Caller caller, long parent, MemorySegment name, int mode) throws FsException {
        call("mkdir", caller, parent, text(name), octal(mode));
        return found(caller);
    }

    @Override
    public void unlink(Caller caller, long parent, MemorySegment name) throws FsException {
        call("unlink", caller, parent, text(name));
    }

    @Override
    public void rmdir(Caller caller, long parent, MemorySegment name) throws FsException {
        call("rmdir", caller, parent, text(name));
    }

    @Override
    public void rename(Caller caller, long parent, MemorySegment name, long newParent, MemorySegment newName, int flags)
            throws FsException {
        call("rename", caller, parent, text(name), newParent, text(newName), flags);
    }

    @Override
    public long link(Caller caller, long node, long newParent, MemorySegment newName) throws FsException {
        call("link", caller, node, newParent, text(newName));
        return found(caller);
    }

    @Override
    public long open(Caller caller, long node, int flags, boolean killPrivileges) throws FsException {
        call("open", caller, node, octal(flags), killPrivileges);
        return HANDLE;
    }

    @Override
    public long create(Caller caller, long parent, MemorySegment name, int mode, int flags, boolean killPrivileges)
            throws FsException {
        call("create", caller, parent, text(name), octal(mode), octal(flags), killPrivileges);
        caller.opened(HANDLE);
        return found(caller);
    }

    @Override
    public long tmpfile(Caller caller, long parent, int mode, int flags) throws FsException {
        call("tmpfile", caller, parent, octal(mode), octal(flags));
        caller.opened(HANDLE);
        return found(caller);
    }

    @Override
    public int read(Caller caller, long handle, long offset, IoBuffers into, long position, int bytes, boolean mayWait)
            throws FsException {
        call("read", caller, handle, offset, position, bytes, mayWait);
        if (readWaits && !mayWait) {
            return -1;
        }
        onRead.run();
        byte[] text = content.getBytes(StandardCharsets.UTF_8);
        int count = Math.min(bytes, text.length);
        into.write(position, MemorySegment.ofArray(text), count);
        return count;
    }

    @Override
    public int write(
            Caller caller, long handle, long offset, IoBuffers from, long position, int bytes, boolean killPrivileges)
            throws FsException {
        byte[] data = new byte[bytes];
        from.read(position, MemorySegment.ofArray(data), bytes);
        call("write", caller, handle, offset, new String(data, StandardCharsets.UTF_8), killPrivileges);
        return bytes;
    }

    @Override
    public void flush(Caller caller, long node, long handle, long owner) throws FsException {
        call("flush", caller, node, handle, owner);
    }

    @Override
    public void release(Caller caller, long node, long handle) throws FsException {
        call("release", caller, node, handle);
    }

    @Override
    public void fsync(Caller caller, long node, long handle, boolean dataOnly) throws FsException {
        onSync.run();
        call("fsync", caller, node, handle, dataOnly);
    }

    @Override
    public FileCalls.FileSystemStat statfs(Caller caller, long node) throws FsException {
        call("statfs", caller, node);
        return new FileCalls.FileSystemStat(1, 2, 3, 4, 5, 6, 7, 8);
    }

    @Override
    public long opendir(Caller caller, long node) throws FsException {
        call("opendir", caller, node);
        return HANDLE;
    }

    /// Three entries: two of a byte, which is a dot without a node for the first, and one of eleven bytes.
    @Override
    public void readdir(Caller caller, long node, long handle, long offset, boolean plus, DirectorySink sink)
            throws FsException {
        call("readdir", caller, node, handle, offset, plus);
        List<String> names = List.of(".", "b", "eleven bytes".substring(0, 11));
        for (int i = 0; i < names.size(); i++) {
            byte[] name = names.get(i).getBytes(StandardCharsets.UTF_8);
            if (!sink.hasRoom(name.length)) {
                return;
            }
            long found = plus && i > 0 ? found(caller) : 0;
            sink.add(100 + i, 200 + i, i, MemorySegment.ofArray(name), name.length, found);
        }
    }

    @Override
    public void releasedir(Caller caller, long handle) throws FsException {
        call("releasedir", caller, handle);
    }

    @Override
    public void setxattr(
            Caller caller, long node, MemorySegment name, MemorySegment value, int flags, boolean killSetGid)
            throws FsException {
        String data = new String(value.toArray(JAVA_BYTE), StandardCharsets.UTF_8);
        call("setxattr", caller, node, text(name), data, flags, killSetGid);
    }

    @Override
    public int getxattr(Caller caller, long node, MemorySegment name, MemorySegment into) throws FsException {
        call("getxattr", caller, node, text(name), into.byteSize());
        return fill(into, content);
    }

    @Override
    public int listxattr(Caller caller, long node, MemorySegment into) throws FsException {
        call("listxattr", caller, node, into.byteSize());
        return fill(into, content);
    }

    @Override
    public void removexattr(Caller caller, long node, MemorySegment name) throws FsException {
        call("removexattr", caller, node, text(name));
    }

    @Override
    public void access(Caller caller, long node, int mask) throws FsException {
        call("access", caller, node, mask);
    }

    @Override
    public void fallocate(Caller caller, long handle, int mode, long offset, long bytes) throws FsException {
        call("fallocate", caller, handle, mode, offset, bytes);
    }

    @Override
    public long lseek(Caller caller, long handle, long offset, boolean hole) throws FsException {
        call("lseek", caller, handle, offset, hole);
        return offset + 1;
    }

    @Override
    public long copyFileRange(Caller caller, long handle, long offset, long toHandle, long toOffset, long bytes)
            throws FsException {
        call("copyFileRange", caller, handle, offset, toHandle, toOffset, bytes);
        return bytes;
    }

    @Override
    public void syncfs(Caller caller, long node) throws FsException {
        call("syncfs", caller, node);
    }

    @Override
    public FileLock getlk(Caller caller, long node, long handle, FileLock wanted) throws FsException {
        call("getlk", caller, node, handle, wanted);
        return new FileLock(0, 11, 22, FileCalls.WRITE_LOCK, 33, false);
    }

    @Override
    public void setlk(Caller caller, long node, long handle, FileLock wanted) throws FsException {
        call("setlk", caller, node, handle, wanted);
        if (locked) {
            throw FsException.of(Errno.EAGAIN);
        }
    }

    @Override
    public int ioctl(Caller caller, long node, long handle, int command, MemorySegment in, MemorySegment out)
            throws FsException {
        String given = new String(in.toArray(JAVA_BYTE), StandardCharsets.UTF_8);
        call("ioctl", caller, node, handle, command, given, out.byteSize());
        return fill(out, content.substring(0, (int) Math.min(content.length(), out.byteSize())));
    }

    @Override
    public void reset() {
        called("reset");
    }

    @Override
    public void close() {
        called("close");
        directory.close();
    }
}

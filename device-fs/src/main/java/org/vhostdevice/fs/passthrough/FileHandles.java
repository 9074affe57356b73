package org.vhostdevice.fs.passthrough;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.FileCalls;
import org.vhostdevice.core.sys.FileStat;
import org.vhostdevice.core.sys.NodeCalls;
import org.vhostdevice.core.sys.NodeRef;
import org.vhostdevice.core.sys.OpenFlags;

/// Handles by which the host finds a file without its name (`name_to_handle_at(2)`), where it has such. Any thread.
final class FileHandles implements AutoCloseable {
    /// Mounts are told apart by what a file's key says of them.
    private record Mount(long device, long number) {}

    private final NodeCalls calls;
    private final boolean used;
    private final Map<Mount, Integer> mounts = new ConcurrentHashMap<>();

    /// @param root a descriptor of the shared directory
    /// @param rootStat its attributes
    /// @throws IOException if handles are wanted and cannot be used
    FileHandles(NodeCalls calls, FileHandleMode mode, int root, FileStat rootStat) throws IOException {
        this.calls = calls;
        int failed = mode == FileHandleMode.NEVER ? -1 : trial(calls, root);
        if (mode == FileHandleMode.MANDATORY && failed < 0) {
            throw new IOException("the shared directory has no file handles that this process may use: "
                    + Errno.of(-failed).description());
        }
        used = failed >= 0;
        int mount = used ? calls.reopen(NodeRef.of(root), OpenFlags.READ_ONLY) : -1;
        if (mount >= 0) {
            mounts.put(new Mount(rootStat.device(), rootStat.mount()), mount);
        }
    }

    private static int trial(NodeCalls calls, int root) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment handle = arena.allocate(NodeCalls.HANDLE_BYTES, 8);
            int bytes = calls.handleOf(NodeRef.of(root), handle);
            int fd = bytes < 0 ? bytes : calls.openHandle(root, handle);
            if (fd >= 0) {
                FileCalls.close(fd);
            }
            return fd;
        }
    }

    /// Notes the handle of a file whose descriptor is there.
    void remember(Inode inode) {
        if (!used || inode.handle() != null || !hasMount(inode)) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment handle = arena.allocate(NodeCalls.HANDLE_BYTES, 8);
            int bytes = calls.handleOf(inode.ref(), handle);
            if (bytes > 0) {
                inode.handle(handle.asSlice(0, bytes).toArray(ValueLayout.JAVA_BYTE));
            }
        }
    }

    private boolean hasMount(Inode inode) {
        Mount mount = mountOf(inode);
        if (!mounts.containsKey(mount) && inode.isDirectory()) {
            int fd = calls.reopen(inode.ref(), OpenFlags.READ_ONLY);
            Integer other = fd < 0 ? null : mounts.putIfAbsent(mount, fd);
            if (other != null) {
                FileCalls.close(fd);
            }
        }
        return mounts.containsKey(mount);
    }

    private static Mount mountOf(Inode inode) {
        return new Mount(inode.key().device(), inode.key().mount());
    }

    /// Opens a file by its handle.
    ///
    /// @return a descriptor that the caller owns; negative if there is no handle or it leads nowhere
    int open(Inode inode) {
        byte[] bytes = inode.handle();
        Integer mount = mounts.get(mountOf(inode));
        if (bytes == null || mount == null) {
            return -1;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment handle = arena.allocate(bytes.length, 8);
            MemorySegment.copy(bytes, 0, handle, ValueLayout.JAVA_BYTE, 0, bytes.length);
            return calls.openHandle(mount, handle);
        }
    }

    @Override
    public void close() {
        mounts.values().forEach(FileCalls::close);
        mounts.clear();
    }
}

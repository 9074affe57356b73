package org.vhostdevice.fs.passthrough;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.vhostdevice.core.memory.SegmentBuffers;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.fs.vfs.AttributeChange;
import org.vhostdevice.fs.vfs.AttributeChange.TimeChange;
import org.vhostdevice.fs.vfs.Caller;
import org.vhostdevice.fs.vfs.DirectorySink;
import org.vhostdevice.fs.vfs.FileSystem;
import org.vhostdevice.fs.vfs.FsException;

/// A shared directory, as one user of a guest sees it.
final class Share implements AutoCloseable {
    static final int O_RDONLY = 0;
    static final int O_WRONLY = 1;
    static final int O_RDWR = 2;
    static final int O_EXCL = 0x80;
    static final int O_TRUNC = 0x200;
    static final int O_APPEND = 0x400;

    private static final int OMIT = -2;

    final FileSystem system;
    final Caller caller = new Caller();

    Share(Path directory) throws IOException {
        this(PassthroughOptions.of(directory));
    }

    Share(PassthroughOptions options) throws IOException {
        system = PassthroughFileSystem.open(options);
    }

    static MemorySegment name(String name) {
        return Arena.ofAuto().allocateFrom(name);
    }

    @FunctionalInterface
    interface Operation {
        void run() throws FsException;
    }

    static void refused(Errno errno, Operation operation) {
        FsException e = assertThrows(FsException.class, operation::run);
        if (e.errno() != Errno.linux(errno.number())) {
            throw new AssertionError("expected " + errno + " but was " + Errno.of(e.errno()));
        }
    }

    long lookup(long parent, String name) throws FsException {
        return system.lookup(caller, parent, name(name));
    }

    long lookup(String name) throws FsException {
        return lookup(FileSystem.ROOT, name);
    }

    long mkdir(String name) throws FsException {
        return system.mkdir(caller, FileSystem.ROOT, name(name), 0755);
    }

    long create(String name) throws FsException {
        return create(FileSystem.ROOT, name);
    }

    long create(long parent, String name) throws FsException {
        return system.create(caller, parent, name(name), 0644, O_RDWR, false);
    }

    int write(long handle, long offset, String text) throws FsException {
        return write(handle, offset, text, false);
    }

    int write(long handle, long offset, String text, boolean killPrivileges) throws FsException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        MemorySegment segment = Arena.ofAuto().allocate(Math.max(1, bytes.length));
        MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return system.write(caller, handle, offset, new SegmentBuffers(segment), 0, bytes.length, killPrivileges);
    }

    String read(long handle, long offset, int bytes) throws FsException {
        MemorySegment segment = Arena.ofAuto().allocate(Math.max(1, bytes));
        int got = system.read(caller, handle, offset, new SegmentBuffers(segment), 0, bytes, true);
        return new String(segment.asSlice(0, got).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }

    void change(long node, int what, int mode, long size) throws FsException {
        TimeChange none = new TimeChange(0, OMIT);
        system.setattr(caller, node, new AttributeChange(what, FileSystem.NO_HANDLE, mode, 0, 0, size, none, none));
    }

    /// Names in a directory, in the order in which they come, by requests with room for some at a time.
    List<String> list(long node, int atOnce, boolean plus) throws FsException {
        long handle = system.opendir(caller, node);
        try {
            return list(node, handle, atOnce, plus);
        } finally {
            system.releasedir(caller, handle);
        }
    }

    private List<String> list(long node, long handle, int atOnce, boolean plus) throws FsException {
        List<String> names = new ArrayList<>();
        long offset = 0;
        while (true) {
            Some some = new Some(atOnce);
            system.readdir(caller, node, handle, offset, plus, some);
            if (some.names.isEmpty()) {
                return names;
            }
            names.addAll(some.names);
            offset = some.offset;
        }
    }

    static final class Some implements DirectorySink {
        final List<String> names = new ArrayList<>();
        private final int room;
        long offset;

        Some(int room) {
            this.room = room;
        }

        @Override
        public boolean hasRoom(long nameBytes) {
            return names.size() < room;
        }

        @Override
        public void add(long inode, long offset, int type, MemorySegment name, long nameBytes, long node) {
            this.offset = offset;
            names.add(name.getString(0));
        }
    }

    @Override
    public void close() {
        system.close();
    }
}

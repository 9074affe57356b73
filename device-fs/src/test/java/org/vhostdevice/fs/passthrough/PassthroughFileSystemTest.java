package org.vhostdevice.fs.passthrough;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.vhostdevice.fs.passthrough.Share.name;
import static org.vhostdevice.fs.passthrough.Share.refused;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.sys.Capability;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.FileCalls;
import org.vhostdevice.core.sys.FileStat;
import org.vhostdevice.core.sys.TreeCalls;
import org.vhostdevice.fs.vfs.AttributeChange;
import org.vhostdevice.fs.vfs.FileLock;
import org.vhostdevice.fs.vfs.FileSystem;
import org.vhostdevice.fs.vfs.FsException;

@DisplayName("A shared directory of the host")
class PassthroughFileSystemTest {
    private static final int KEEP_SIZE = 1;
    private static final int PUNCH_HOLE = 2;

    @TempDir
    Path outside;

    private Path root;
    private Share share;

    @BeforeEach
    void open() throws IOException {
        root = Files.createDirectory(outside.resolve("shared"));
        Files.writeString(outside.resolve("secret"), "not for guests");
        share = new Share(root);
    }

    @AfterEach
    void close() {
        share.close();
    }

    @Test
    void fileIsMadeWrittenReadAndRemoved() throws Exception {
        long node = share.create("a");
        long handle = share.caller.handle();
        assertEquals(5, share.write(handle, 3, "hello"));
        assertEquals("\0\0\0hello", share.read(handle, 0, 100));
        assertEquals("lo", share.read(handle, 6, 100));
        assertEquals("", share.read(handle, 8, 100));
        share.system.getattr(share.caller, node, handle);
        assertEquals(8, share.caller.stat().size());
        share.system.release(share.caller, node, handle);
        assertEquals("\0\0\0hello", Files.readString(root.resolve("a")));
        share.system.unlink(share.caller, FileSystem.ROOT, name("a"));
        assertFalse(Files.exists(root.resolve("a")));
    }

    @Test
    void nodeIsTheSameForEachNameOfAFile() throws Exception {
        long node = share.create("a");
        assertEquals(node, share.system.link(share.caller, node, FileSystem.ROOT, name("b")));
        assertEquals(node, share.lookup("b"));
        assertEquals(2, share.caller.stat().links());
    }

    @Test
    void forgottenNodeIsUnknownAndItsNumberNeverComesBack() throws Exception {
        long node = share.create("a");
        assertEquals(node, share.lookup("a"));
        share.system.forget(node, 2);
        refused(Errno.ENOENT, () -> share.system.getattr(share.caller, node, -1));
        assertNotEquals(node, share.lookup("a"));
        share.system.forget(node, Long.MAX_VALUE);
        share.system.forget(12345, 1);
        share.system.forget(FileSystem.ROOT, 1 << 20);
        share.lookup("a");
    }

    @Test
    void releasedHandleIsUnknown() throws Exception {
        long node = share.create("a");
        long handle = share.caller.handle();
        share.system.release(share.caller, node, handle);
        refused(Errno.EBADF, () -> share.read(handle, 0, 1));
        refused(Errno.EBADF, () -> share.system.release(share.caller, node, handle));
        share.system.open(share.caller, node, Share.O_RDWR, false);
        refused(Errno.EBADF, () -> share.read(handle, 0, 1));
    }

    @Test
    void symbolicLinkIsNeverFollowed() throws Exception {
        Files.createSymbolicLink(root.resolve("link"), Path.of("../secret"));
        Files.createSymbolicLink(root.resolve("up"), Path.of(".."));
        long link = share.lookup("link");
        assertEquals(FileStat.SYMLINK, share.caller.stat().type());
        refused(Errno.ENXIO, () -> share.system.open(share.caller, link, Share.O_RDONLY, false));
        refused(Errno.ENOTDIR, () -> share.lookup(share.lookup("up"), "secret"));
        refused(Errno.ENOTDIR, () -> share.create(share.lookup("up"), "new"));
        refused(Errno.ENXIO, () -> share.system.create(share.caller, 1, name("link"), 0644, Share.O_RDWR, false));
        MemorySegment into = Arena.ofAuto().allocate(100);
        assertEquals("../secret".length(), share.system.readlink(share.caller, link, into));
        assertEquals("../secret", into.getString(0));
    }

    @Test
    void fifoIsNamedButNotOpened() throws Exception {
        long fifo = share.system.mknod(share.caller, FileSystem.ROOT, name("fifo"), 0x1000 | 0600, 0);
        assertEquals(0x1000, share.caller.stat().type());
        refused(Errno.ENXIO, () -> share.system.open(share.caller, fifo, Share.O_RDONLY, false));
        refused(Errno.ENXIO, () -> share.change(fifo, AttributeChange.SIZE, 0, 0));
        share.change(fifo, AttributeChange.MODE, 0640, 0);
        assertEquals(0x1000 | 0640, share.caller.stat().mode());
    }

    @Test
    void attributesChange() throws Exception {
        long node = share.create("a");
        share.change(node, AttributeChange.MODE | AttributeChange.SIZE, 0600, 1000);
        assertEquals(1000, share.caller.stat().size());
        assertEquals(FileStat.REGULAR | 0600, share.caller.stat().mode());
        assertEquals(1000, Files.size(root.resolve("a")));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 1000})
    void directoryIsListedWholeHoweverMuchFits(int atOnce) throws Exception {
        Set<String> names =
                IntStream.range(0, 500).mapToObj(i -> "f" + i).collect(Collectors.toCollection(TreeSet::new));
        for (String each : names) {
            Files.createFile(root.resolve(each));
        }
        List<String> listed = share.list(FileSystem.ROOT, atOnce, atOnce == 3);
        names.addAll(List.of(".", ".."));
        assertEquals(names, new TreeSet<>(listed));
        assertEquals(names.size(), listed.size());
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 1, 7, 25, 1 << 20, Long.MAX_VALUE, Long.MIN_VALUE})
    void offsetThatWasNeverGivenOutDoesNoHarm(long offset) throws Exception {
        share.create("some");
        long handle = share.system.opendir(share.caller, FileSystem.ROOT);
        try {
            share.system.readdir(
                    share.caller, FileSystem.ROOT, handle, offset, true, new Share.Some(Integer.MAX_VALUE));
        } catch (FsException e) {
            // no such offset
        }
        assertTrue(share.list(FileSystem.ROOT, 1, false).contains("some"));
    }

    @Test
    void guestHasNoMoreOpenFilesThanItMay() throws Exception {
        PassthroughOptions options = PassthroughOptions.of(root).with(new FdLimits(100, 2), FileHandleMode.NEVER);
        try (Share few = new Share(options)) {
            long node = few.create("a");
            long first = few.caller.handle();
            few.system.open(few.caller, node, Share.O_RDWR, false);
            refused(Errno.ENFILE, () -> few.system.open(few.caller, node, Share.O_RDWR, false));
            refused(Errno.ENFILE, () -> few.create("b"));
            refused(Errno.ENFILE, () -> few.system.opendir(few.caller, FileSystem.ROOT));
            assumeTrue(Capability.OFD_LOCKS.available(), "no locks on bytes");
            FileLock lock = new FileLock(1, 0, 9, FileCalls.WRITE_LOCK, 1, false);
            refused(Errno.ENOLCK, () -> few.system.setlk(few.caller, node, first, lock));
            few.system.release(few.caller, node, first);
            few.system.setlk(few.caller, node, first, lock);
            refused(Errno.ENFILE, () -> few.create("b"));
            few.system.flush(few.caller, node, first, 1);
            few.create("b");
        }
    }

    @Test
    void roomIsReservedAndGivenUp() throws Exception {
        share.create("a");
        long handle = share.caller.handle();
        share.write(handle, 0, "x".repeat(64 << 10));
        Share.Operation punch = () -> share.system.fallocate(share.caller, handle, KEEP_SIZE | PUNCH_HOLE, 4096, 8192);
        if (Capability.PUNCH_HOLE.available()) {
            punch.run();
            assertEquals("\0".repeat(8192), share.read(handle, 4096, 8192));
        } else {
            refused(Errno.EOPNOTSUPP, punch);
        }
        share.system.fallocate(share.caller, handle, 0, 0, 128 << 10);
        assertEquals(128 << 10, Files.size(root.resolve("a")));
        share.system.fallocate(share.caller, handle, 0, 0, 1);
        assertEquals(128 << 10, Files.size(root.resolve("a")));
        share.system.fallocate(share.caller, handle, KEEP_SIZE, 0, 1 << 20);
        assertEquals(128 << 10, Files.size(root.resolve("a")));
        refused(Errno.EINVAL, () -> share.system.fallocate(share.caller, handle, 0, -1, 10));
        refused(Errno.EINVAL, () -> share.system.fallocate(share.caller, handle, 0, 0, 0));
    }

    @Test
    void renameKeepsTheNode() throws Exception {
        long node = share.create("a");
        long directory = share.mkdir("d");
        share.system.rename(share.caller, FileSystem.ROOT, name("a"), directory, name("b"), 0);
        assertEquals(node, share.lookup(directory, "b"));
        refused(Errno.ENOENT, () -> share.lookup("a"));
        share.create("a");
        boolean flags = TreeCalls.rename(-1, name("a"), -1, name("b"), TreeCalls.RENAME_NOREPLACE)
                != -Errno.EINVAL.number(); // not of the flag, but of the descriptors
        refused(
                flags ? Errno.EEXIST : Errno.EINVAL,
                () -> share.system.rename(share.caller, FileSystem.ROOT, name("a"), directory, name("b"), 1));
    }

    @Test
    void resetForgetsAll() throws Exception {
        long node = share.create("a");
        long handle = share.caller.handle();
        share.system.reset();
        refused(Errno.ENOENT, () -> share.system.getattr(share.caller, node, -1));
        refused(Errno.EBADF, () -> share.read(handle, 0, 1));
        assertTrue(share.lookup("a") > 0);
    }
}

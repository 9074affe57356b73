package org.vhostdevice.core.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("Names in open directories, and the files behind them")
class TreeCallsTest {
    private static final int KEEP_SIZE = 1;
    private static final int PUNCH_HOLE = 2;
    private static final int COLLAPSE = 8;

    @TempDir
    Path folder;

    private final Arena arena = Arena.ofAuto();
    private final FileStat stat = new FileStat();
    private OwnedFd directory;

    @BeforeEach
    void open() throws IOException {
        directory = FileIo.openDirectory(folder);
    }

    @AfterEach
    void close() {
        directory.close();
    }

    private MemorySegment name(String text) {
        return arena.allocateFrom(text);
    }

    private int create(String text) {
        int flags = OpenFlags.READ_WRITE | OpenFlags.CREATE | OpenFlags.EXCLUSIVE;
        int fd = TreeCalls.open(directory.number(), name(text), flags, 0640);
        assertTrue(fd >= 0, () -> Errno.of(-fd).toString());
        return fd;
    }

    @Test
    void namesAreMadeMovedAndRemoved() {
        int at = directory.number();
        FileCalls.close(create("a"));
        assertEquals(
                -Errno.EEXIST.number(), TreeCalls.open(at, name("a"), OpenFlags.CREATE | OpenFlags.EXCLUSIVE, 0640));
        assertEquals(0, TreeCalls.makeDirectory(at, name("d"), 0750));
        assertEquals(0, TreeCalls.makeSymlink(name("a"), at, name("l")));
        assertEquals(-Errno.ELOOP.number(), TreeCalls.open(at, name("l"), OpenFlags.READ_ONLY, 0));
        assertEquals(0, TreeCalls.rename(at, name("a"), at, name("b"), 0));
        FileCalls.close(create("c"));
        boolean flags = Symbol.RENAMEAT2.isUsable() || Symbol.RENAMEATX_NP.isUsable();
        assertEquals(
                flags ? -Errno.EEXIST.number() : -Errno.EINVAL.number(),
                TreeCalls.rename(at, name("b"), at, name("c"), TreeCalls.RENAME_NOREPLACE));
        assertEquals(
                flags ? 0 : -Errno.EINVAL.number(),
                TreeCalls.rename(at, name("b"), at, name("d"), TreeCalls.RENAME_EXCHANGE));
        assumeTrue(flags, "no flags for renaming");
        assertTrue(Files.isDirectory(folder.resolve("b")));
        assertEquals(-Errno.EISDIR.number(), TreeCalls.unlink(at, name("b"), 0));
        assertEquals(0, TreeCalls.unlink(at, name("b"), TreeCalls.REMOVE_DIRECTORY));
        assertEquals(0, TreeCalls.unlink(at, name("l"), 0));
        assertFalse(Files.exists(folder.resolve("b")));
    }

    @Test
    void directoryIsReadWholeAndFromAnOffset() throws IOException {
        for (int i = 0; i < 300; i++) {
            Files.createFile(folder.resolve("file" + i));
        }
        int fd = TreeCalls.openSelf(directory.number(), OpenFlags.READ_ONLY | OpenFlags.DIRECTORY, 0);
        MemorySegment buffer = arena.allocate(4096, 8);
        var entries = new DirectoryEntries();
        Set<String> names = new TreeSet<>();
        long middle = 0;
        int dots = 0;
        for (long bytes; (bytes = TreeCalls.readDirectory(fd, buffer)) > 0; ) {
            entries.begin(buffer, bytes);
            while (entries.next()) {
                names.add(entries.name().getString(0));
                assertTrue(entries.inode() > 0);
                dots += entries.isDot() ? 1 : 0;
                assertEquals(entries.isDot() ? 4 : 8, entries.type());
                middle = names.size() == 150 ? entries.offset() : middle;
            }
        }
        assertEquals(302, names.size());
        assertEquals(2, dots);
        assertEquals(middle, TreeCalls.seekDirectory(fd, middle));
        entries.begin(buffer, TreeCalls.readDirectory(fd, buffer));
        assertTrue(entries.next());
        FileCalls.close(fd);
    }

    @Test
    void entriesThatAreCutOffOrNoneAreSkipped() {
        var entries = new DirectoryEntries();
        assertFalse(entries.next());
        MemorySegment junk = arena.allocate(40);
        junk.fill((byte) 'x');
        entries.beginKept(junk, 3);
        assertFalse(entries.next());
        entries.beginKept(junk, -5);
        assertFalse(entries.next());
        entries.beginKept(junk, Long.MAX_VALUE);
        assertFalse(entries.next());
    }

    @Test
    void fileTellsAllAboutItself() throws IOException {
        int fd = create("a");
        assertEquals(0, FileCalls.truncate(fd, 12_345));
        assertEquals(0, stat.load(fd));
        assertEquals(12_345, stat.size());
        assertEquals(1, stat.links());
        assertEquals(0, stat.blocks());
        assertTrue(stat.blockSize() >= 512);
        assertTrue(stat.device() != 0 && stat.inode() != 0);
        assertEquals(0, stat.specialDevice());
        assertEquals(Credentials.uid(), stat.uid());
        assertTrue(stat.gid() >= 0);
        assertTrue(stat.seconds(FileStat.Time.CHANGE) > 1_000_000_000);
        assertEquals(stat.birthKnown() && Capability.STATX.available(), stat.generation() != 0);
        assertEquals(Capability.STATX.available(), stat.mount() != 0);
        stat.override(0600, 7, 8);
        assertEquals(FileStat.REGULAR | 0600, stat.mode());
        stat.override(FileStat.DIRECTORY | 0700, 7, 8);
        assertEquals(FileStat.DIRECTORY, stat.type());
        assertEquals(0, stat.load(directory.number(), name("a")));
        assertEquals(-Errno.ENOENT.number(), stat.load(directory.number(), name("none")));
        assertEquals(-Errno.EBADF.number(), stat.load(-7));
        FileCalls.close(fd);
    }

    @Test
    void roomOfFilesIsReservedAndGivenUp() throws IOException {
        int fd = create("a");
        assertEquals(0, FileCalls.allocate(fd, 0, 0, 1 << 16));
        assertEquals(1 << 16, Files.size(folder.resolve("a")));
        assertEquals(0, FileCalls.allocate(fd, KEEP_SIZE, 0, 1 << 17));
        int punched = FileCalls.allocate(fd, PUNCH_HOLE | KEEP_SIZE, 0, 4096);
        assertTrue(punched == 0 || punched == -Errno.EOPNOTSUPP.number());
        assertEquals(-Errno.EINVAL.number(), FileAllocation.allocate(fd, 0, -1, 5));
        assertEquals(-Errno.EINVAL.number(), FileAllocation.allocate(fd, 0, 5, 0));
        assertEquals(-Errno.EOPNOTSUPP.number(), FileAllocation.allocate(fd, COLLAPSE, 0, 4096));
        assertEquals(-Errno.EOPNOTSUPP.number(), FileAllocation.allocate(fd, PUNCH_HOLE | KEEP_SIZE, 1, 4096));
        assertEquals(0, FileAllocation.allocate(fd, 0, 0, 1 << 18));
        assertEquals(1 << 18, Files.size(folder.resolve("a")));
        assertEquals(0, FileAllocation.allocate(fd, 0, 0, 5));
        assertEquals(-Errno.EBADF.number(), FileAllocation.allocate(-7, 0, 0, 5));
        assertEquals(-Errno.EBADF.number(), FileAllocation.allocate(-7, PUNCH_HOLE | KEEP_SIZE, 0, 4096));
        FileCalls.close(fd);
    }

    @Test
    void dataIsFoundCopiedAndMadeDurable() throws IOException {
        Files.write(folder.resolve("a"), new byte[8192]);
        int from = TreeCalls.open(directory.number(), name("a"), OpenFlags.READ_WRITE, 0);
        int to = create("b");
        assertEquals(0, FileCalls.seek(from, 0, false));
        assertEquals(8192, FileCalls.seek(from, 0, true));
        long copied = FileCalls.copyRange(from, 0, to, 10, 100);
        assertTrue(copied == 100 || copied < 0);
        assertEquals(0, FileCalls.sync(to, true));
        assertEquals(0, FileCalls.sync(to, false));
        assertEquals(0, FileCalls.syncFileSystem(to));
        assertTrue(FileCalls.statFileSystem(to).blocks() > 0);
        assertTrue(FileCalls.control(to, 0x7fff, arena.allocate(8)) < 0);
        FileCalls.close(from);
        FileCalls.close(to);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void locksExcludeOtherOpenFiles() throws IOException {
        int first = create("a");
        int second = TreeCalls.open(directory.number(), name("a"), OpenFlags.READ_WRITE, 0);
        assertEquals(0, FileCalls.lockWhole(first, FileCalls.WRITE_LOCK));
        assertEquals(-Errno.EAGAIN.number(), FileCalls.lockWhole(second, FileCalls.READ_LOCK));
        assertEquals(0, FileCalls.lockWhole(first, FileCalls.UNLOCK));
        if (Capability.OFD_LOCKS.available()) {
            assertEquals(0, FileCalls.lock(first, FileCalls.READ_LOCK, 5, 10));
            assertEquals(0, FileCalls.lock(second, FileCalls.READ_LOCK, 5, 10));
            assertEquals(-Errno.EAGAIN.number(), FileCalls.lock(second, FileCalls.WRITE_LOCK, 0, 0));
            FileCalls.Lock found = FileCalls.conflict(second, FileCalls.WRITE_LOCK, 0, 0);
            assertEquals(FileCalls.READ_LOCK, found.type());
            assertEquals(5, found.start());
            assertEquals(10, found.bytes());
            assertEquals(
                    FileCalls.UNLOCK,
                    FileCalls.conflict(second, FileCalls.WRITE_LOCK, 50, 10).type());
        } else {
            assertEquals(-Errno.EOPNOTSUPP.number(), FileCalls.lock(first, FileCalls.READ_LOCK, 5, 10));
        }
        FileCalls.close(first);
        FileCalls.close(second);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void maskOfAThreadIsItsOwn() throws Exception {
        assumeTrue(Symbol.UNSHARE.isUsable(), "one mask for all threads");
        int[] modes = new int[2];
        Thread thread = Thread.ofPlatform().start(() -> {
            assertTrue(ThreadUmask.possible() && ThreadUmask.set(077) && ThreadUmask.set(077));
            TreeCalls.makeDirectory(directory.number(), name("a"), 0777);
            ThreadUmask.set(0);
            TreeCalls.makeDirectory(directory.number(), name("b"), 0777);
        });
        thread.join();
        stat.load(directory.number(), name("a"));
        modes[0] = stat.mode() & 0777;
        stat.load(directory.number(), name("b"));
        modes[1] = stat.mode() & 0777;
        assertEquals(0700, modes[0]);
        assertEquals(0777, modes[1]);
    }

    @ParameterizedTest
    @EnumSource
    void deviceNumbersSurviveTheirPacking(HostOs os) {
        for (int linux : new int[] {0x0801, 0x700305, 0, 0xff45}) {
            assertEquals(linux, DeviceNumber.linux(DeviceNumber.ofHost(os, DeviceNumber.toHost(os, linux))));
        }
    }

    @Test
    void flagsOfGuestsBecomeThoseOfTheHost() {
        assertEquals(OpenFlags.READ_WRITE, OpenFlags.fromGuest(2, false, false, false));
        assertEquals(OpenFlags.TRUNCATE | OpenFlags.WRITE_ONLY, OpenFlags.fromGuest(0x201, true, true, true));
        assertTrue(OpenFlags.fromGuest(0x101000, false, false, false) != 0);
        assertTrue(OpenFlags.fromGuest(0x1000, false, false, false) != 0);
        assertTrue(OpenFlags.fromGuest(0x400, false, false, true) != 0);
        assertEquals(0, OpenFlags.fromGuest(0x400, false, false, false));
        assertTrue(OpenFlags.isExclusive(0x80));
        assertFalse(OpenFlags.isExclusive(0x100));
    }

    @Test
    void errorsHaveTheirNumbersOfLinux() {
        assertEquals(2, Errno.linux(Errno.ENOENT.number()));
        assertEquals(39, Errno.linux(Errno.ENOTEMPTY.number()));
        assertEquals(5, Errno.linux(0));
        assertEquals(5, Errno.linux(4095));
        assertEquals(5, Errno.linux(-3));
    }
}

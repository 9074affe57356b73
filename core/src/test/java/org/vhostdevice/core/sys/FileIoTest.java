package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileIoTest {
    private final Arena arena = Arena.ofAuto();

    @TempDir
    private Path folder;

    private Path file;
    private OwnedFd fd;

    @BeforeEach
    void create() throws IOException {
        file = folder.resolve("datei-ä");
        fd = FileIo.open(file, OpenMode.CREATE_NEW);
    }

    @AfterEach
    void close() {
        fd.close();
    }

    private static void assertFails(Errno errno, Executable call) {
        assertEquals(errno, assertThrows(ErrnoException.class, call).errno());
    }

    private MemorySegment bytes(int... values) {
        MemorySegment segment = arena.allocate(values.length);
        for (int i = 0; i < values.length; i++) {
            segment.set(JAVA_BYTE, i, (byte) values[i]);
        }
        return segment;
    }

    private MemorySegment iovecs(MemorySegment... buffers) {
        MemorySegment iovecs = arena.allocate(16L * buffers.length, 8);
        for (int i = 0; i < buffers.length; i++) {
            iovecs.setAtIndex(JAVA_LONG, 2L * i, buffers[i].address());
            iovecs.setAtIndex(JAVA_LONG, 2L * i + 1, buffers[i].byteSize());
        }
        return iovecs;
    }

    @Test
    void newFileIsCloseOnExecAndBlocking() throws IOException {
        assertTrue(Files.exists(file));
        assertTrue(OpenFiles.isCloseOnExec(fd.number()));
        assertFalse(fd.isNonBlocking());
    }

    @Test
    void existingFileIsNotReplaced() {
        ErrnoException e = assertThrows(
                ErrnoException.class,
                () -> FileIo.open(file, OpenMode.CREATE_NEW).close());
        assertEquals("create " + file + ": File exists (EEXIST)", e.getMessage());
    }

    @Test
    void missingFileIsNamed() {
        Path missing = folder.resolve("missing");
        ErrnoException e = assertThrows(
                ErrnoException.class,
                () -> FileIo.open(missing, OpenMode.READ_WRITE).close());
        assertEquals("open " + missing + ": No such file or directory (ENOENT)", e.getMessage());
    }

    @Test
    void readOnlyFileCannotBeWritten() throws IOException {
        try (OwnedFd reader = FileIo.open(file, OpenMode.READ_ONLY)) {
            assertFails(Errno.EBADF, () -> FileIo.pwrite(reader.number(), bytes(1), 0));
        }
    }

    @Test
    void buffersAreWrittenAndReadInOrder() throws IOException {
        assertEquals(5, FileIo.pwritev(fd.number(), iovecs(bytes(1, 2), bytes(3, 4, 5)), 2, 10));
        assertEquals(15, FileIo.status(fd).size());
        MemorySegment first = arena.allocate(3);
        MemorySegment second = arena.allocate(4);
        assertEquals(4, FileIo.preadv(fd.number(), iovecs(first, second), 2, 11));
        assertArrayEquals(new byte[] {2, 3, 4}, first.toArray(JAVA_BYTE));
        assertArrayEquals(new byte[] {5, 0, 0, 0}, second.toArray(JAVA_BYTE));
        assertEquals(0, FileIo.preadv(fd.number(), iovecs(first), 1, 15));
    }

    @Test
    void oneBufferIsWrittenAndRead() throws IOException {
        assertEquals(3, FileIo.pwrite(fd.number(), bytes(7, 8, 9), 1));
        MemorySegment into = arena.allocate(8);
        assertEquals(4, FileIo.pread(fd.number(), into, 0));
        assertArrayEquals(new byte[] {0, 7, 8, 9, 0, 0, 0, 0}, into.toArray(JAVA_BYTE));
        assertEquals(0, FileIo.pread(fd.number(), into, 4));
    }

    @Test
    void unmappedBufferIsAnErrorOfTheCall() throws IOException {
        FileIo.truncate(fd.number(), 16);
        MemorySegment nowhere = iovecs(MemorySegment.ofAddress(Host.pageSize()));
        nowhere.set(JAVA_LONG, 8, 16);
        assertFails(Errno.EFAULT, () -> FileIo.preadv(fd.number(), nowhere, 1, 0));
        assertFails(Errno.EFAULT, () -> FileIo.pwritev(fd.number(), nowhere, 1, 0));
    }

    @Test
    void bufferThatIsTooSmallOrOnTheHeapIsRefused() {
        MemorySegment one = iovecs(bytes(1));
        assertThrows(IndexOutOfBoundsException.class, () -> FileIo.preadv(fd.number(), one, 2, 0));
        MemorySegment heap = MemorySegment.ofArray(new byte[8]);
        assertThrows(IllegalArgumentException.class, () -> FileIo.pread(fd.number(), heap, 0));
    }

    @Test
    void truncateSetsTheSize() throws IOException {
        FileIo.truncate(fd.number(), 1 << 20);
        FileStatus status = FileIo.status(fd);
        assertEquals(1 << 20, status.size());
        assertEquals(FileStatus.Kind.REGULAR, status.kind());
        assertTrue(status.blockSize() > 0);
        assertFails(Errno.EINVAL, () -> FileIo.truncate(fd.number(), -1));
    }

    @Test
    void flushReachesFilesAndRefusesPipes() throws IOException {
        FileIo.flush(fd.number());
        try (Notification pipe = Notification.create(Notification.Kind.PIPE)) {
            ErrnoException e = assertThrows(
                    ErrnoException.class, () -> FileIo.flush(pipe.readEnd().number()));
            assertEquals("flush", e.call());
        }
    }

    @Test
    void failedFlushIsNotHiddenByAWeakerOne() {
        assertTrue(DurableSync.isUnsupported(-Errno.ENOTTY.number()));
        assertFalse(DurableSync.isUnsupported(-Errno.EIO.number()));
        assertFalse(DurableSync.isUnsupported(-Errno.ENOSPC.number()));
        assertFalse(DurableSync.isUnsupported(0));
    }

    @Test
    void kindsAreTold() throws IOException {
        try (OwnedFd directory = FileIo.open(folder, OpenMode.READ_ONLY);
                OwnedFd device = FileIo.open(Path.of("/dev/null"), OpenMode.READ_WRITE)) {
            assertEquals(FileStatus.Kind.DIRECTORY, FileIo.status(directory).kind());
            assertEquals(FileStatus.Kind.CHARACTER, FileIo.status(device).kind());
        }
        assertFails(Errno.EISDIR, () -> FileIo.open(folder, OpenMode.READ_WRITE).close());
        assertFails(Errno.EBADF, () -> FileIo.status(new OwnedFd(1 << 30)));
    }

    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void fifoIsOpenedWithoutWaitingForAWriter() throws Exception {
        Path fifo = folder.resolve("fifo");
        assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());
        try (OwnedFd opened = FileIo.open(fifo, OpenMode.READ_ONLY)) {
            assertEquals(FileStatus.Kind.PIPE, FileIo.status(opened).kind());
        }
    }

    @Test
    void regularFileIsNoDisk() {
        assertFails(Errno.ENOTTY, () -> FileIo.deviceSize(fd.number()));
        assertFails(Errno.ENOTTY, () -> FileIo.deviceBlockSize(fd.number()));
    }

    private interface Lock {
        boolean tryTo(int number, boolean exclusive) throws ErrnoException;
    }

    @ParameterizedTest
    @ValueSource(strings = {"chosen", "ofd", "flock"})
    void lockExcludesOthersUntilItsFileIsClosed(String kind) throws IOException {
        Lock lock = switch (kind) {
            case "ofd" -> Capability.OFD_LOCKS.available() ? FileLocks::ofd : FileIo::tryLock;
            case "flock" -> FileLocks::flock;
            default -> FileIo::tryLock;
        };
        OwnedFd first = FileIo.open(file, OpenMode.READ_WRITE);
        try (OwnedFd second = FileIo.open(file, OpenMode.READ_WRITE);
                OwnedFd third = FileIo.open(file, OpenMode.READ_WRITE)) {
            assertTrue(lock.tryTo(first.number(), true));
            assertTrue(lock.tryTo(first.number(), true));
            assertFalse(lock.tryTo(second.number(), true));
            assertFalse(lock.tryTo(second.number(), false));
            first.close();
            assertTrue(lock.tryTo(second.number(), false));
            assertTrue(lock.tryTo(third.number(), false));
            assertFalse(lock.tryTo(third.number(), true));
        } finally {
            first.close();
        }
    }

    @Test
    void failedLockSaysWhichKindItWas() {
        ErrnoException ofd = assertThrows(ErrnoException.class, () -> FileLocks.flock(1 << 30, true));
        assertEquals("flock: Bad file descriptor (EBADF)", ofd.getMessage());
        ErrnoException chosen = assertThrows(ErrnoException.class, () -> FileIo.tryLock(1 << 30, true));
        assertEquals(Capability.OFD_LOCKS.available() ? "F_OFD_SETLK" : "flock", chosen.call());
    }
}

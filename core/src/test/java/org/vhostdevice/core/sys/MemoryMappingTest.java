package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class MemoryMappingTest {
    enum Kind {
        CHOSEN,
        MEMFD,
        SHM_OPEN;

        SharedMemory create(long size) throws ErrnoException {
            assumeTrue(this != MEMFD || Symbol.MEMFD_CREATE.isUsable(), "no memfd_create");
            return switch (this) {
                case CHOSEN -> SharedMemory.create("test", size);
                case MEMFD -> SharedMemory.memfd("test", size);
                case SHM_OPEN -> SharedMemory.unlinkedObject(size);
            };
        }
    }

    private static void assertRefused(String message, SharedMemory memory, long offset, long size) {
        ErrnoException e = assertThrows(
                ErrnoException.class,
                () -> MappedRegion.map(memory.fd(), offset, size, true).close());
        assertEquals(message + ": Invalid argument (EINVAL)", e.getMessage());
    }

    @ParameterizedTest
    @EnumSource
    void memoryIsSharedBetweenItsMappings(Kind kind) throws IOException {
        long page = Host.pageSize();
        try (SharedMemory memory = kind.create(2 * page);
                MappedRegion whole = MappedRegion.map(memory.fd(), 0, 2 * page, true);
                MappedRegion part = MappedRegion.map(memory.fd(), page + 5, 7, false)) {
            assertEquals(2 * page, memory.size());
            assertEquals(7, part.size());
            assertEquals(7, part.segment().byteSize());
            whole.segment().set(JAVA_BYTE, page + 11, (byte) 42);
            assertEquals(42, part.segment().get(JAVA_BYTE, 6));
            assertEquals(0, part.segment().get(JAVA_BYTE, 5));
            assertThrows(IndexOutOfBoundsException.class, () -> {
                var _ = part.segment().get(JAVA_BYTE, 7);
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    void memoryIsCloseOnExec(Kind kind) throws IOException {
        try (SharedMemory memory = kind.create(1)) {
            assertTrue(OpenFiles.isCloseOnExec(memory.fd().number()));
        }
    }

    @Test
    void readOnlyMappingCannotBeWritten() throws IOException {
        try (SharedMemory memory = SharedMemory.create("test", 8);
                MappedRegion region = MappedRegion.map(memory.fd(), 0, 8, false)) {
            assertThrows(IllegalArgumentException.class, () -> region.segment().set(JAVA_BYTE, 0, (byte) 1));
        }
    }

    @Test
    void mappingOutlivesItsDescriptor() throws IOException {
        SharedMemory memory = SharedMemory.create("test", 8);
        try (MappedRegion region = MappedRegion.map(memory.fd(), 0, 8, true)) {
            memory.close();
            region.segment().set(JAVA_BYTE, 7, (byte) 1);
            assertEquals(1, region.segment().get(JAVA_BYTE, 7));
        }
    }

    @Test
    void rangeBeyondTheFileIsRefused() throws IOException {
        try (SharedMemory memory = SharedMemory.create("test", 8192)) {
            assertRefused("mmap of 8193 bytes at offset 0 of a file of 8192 bytes", memory, 0, 8193);
            assertRefused("mmap of 1 bytes at offset 8192 of a file of 8192 bytes", memory, 8192, 1);
        }
    }

    @Test
    void emptyAndOverflowingRangesAreRefused() throws IOException {
        try (SharedMemory memory = SharedMemory.create("test", 8192)) {
            assertRefused("mmap of 0 bytes at offset 0", memory, 0, 0);
            assertRefused("mmap of 18446744073709551615 bytes at offset 0", memory, 0, -1);
            assertRefused("mmap of 1 bytes at offset 18446744073709551615", memory, -1, 1);
            assertRefused(
                    "mmap of 9223372036854775807 bytes at offset 9223372036854775807",
                    memory,
                    Long.MAX_VALUE,
                    Long.MAX_VALUE);
        }
    }

    @Test
    void rangeThatOverflowsWhenRoundedIsRefused() throws IOException {
        try (OwnedFd device = FileIo.open(Path.of("/dev/zero"), OpenMode.READ_WRITE)) {
            assertThrows(
                    ErrnoException.class,
                    () -> MappedRegion.map(device, 0, Long.MAX_VALUE, true).close());
        }
    }

    @Test
    void fileThatCannotBeMappedIsRefused() throws IOException {
        try (Notification notification = Notification.create()) {
            assertThrows(
                    ErrnoException.class,
                    () -> MappedRegion.map(notification.readEnd(), 0, 8, true).close());
        }
    }

    @Test
    void regionIsUnmappedWithItsLastUser() throws IOException {
        try (SharedMemory memory = SharedMemory.create("test", 8)) {
            MappedRegion region = MappedRegion.map(memory.fd(), 0, 8, true);
            MemorySegment segment = region.segment();
            region.retain();
            region.close();
            region.close();
            assertEquals(0, segment.get(JAVA_BYTE, 0));
            region.release();
            assertThrows(IllegalStateException.class, () -> {
                var _ = segment.get(JAVA_BYTE, 0);
            });
            assertThrows(IllegalStateException.class, region::retain);
            assertThrows(IllegalStateException.class, region::release);
            region.close();
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "4096, 4096", "2097152, 2097152", "6144, 0", "-4096, 0", "9223372036854775807, 0"})
    void hugePagesAreMappedWhole(long blockSize, long unit) {
        FileStatus file = new FileStatus(FileStatus.Kind.REGULAR, 0, blockSize);
        assertEquals(Math.max(unit, Host.pageSize()), MappedRegion.unit(file));
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void rangeInAFileOfHugePagesNeedNotStartOnOne() throws IOException {
        long huge = 2 << 20;
        try (SharedMemory memory = SharedMemory.create("test", 3 * huge);
                MappedRegion region = MappedRegion.map(memory.fd(), huge - 1, huge + 2, true)) {
            region.segment().fill((byte) 3);
            try (MappedRegion whole = MappedRegion.map(memory.fd(), 0, 3 * huge, true)) {
                assertEquals(0, whole.segment().get(JAVA_BYTE, huge - 2));
                assertEquals(3, whole.segment().get(JAVA_BYTE, huge - 1));
                assertEquals(3, whole.segment().get(JAVA_BYTE, 2 * huge));
                assertEquals(0, whole.segment().get(JAVA_BYTE, 2 * huge + 1));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void sealedMemoryKeepsItsSize(Kind kind) throws IOException {
        try (SharedMemory memory = kind.create(8192)) {
            if (memory.sealSize()) {
                for (long size : new long[] {4096, 16384}) {
                    ErrnoException e = assertThrows(
                            ErrnoException.class,
                            () -> FileIo.truncate(memory.fd().number(), size));
                    assertEquals(Errno.EPERM, e.errno());
                }
            } else {
                assertFalse(kind == Kind.CHOSEN && Capability.MEMFD.available() && Capability.SEALS.available());
            }
        }
    }

    @Test
    void memoryNeedsASize() {
        assertThrows(
                IllegalArgumentException.class,
                () -> SharedMemory.create("test", 0).close());
        ErrnoException e = assertThrows(
                ErrnoException.class, () -> SharedMemory.unlinkedObject(-1).close());
        assertEquals(Errno.EINVAL, e.errno());
    }

    @Test
    void namesOfObjectsDifferAndFitEveryHost() {
        String name = SharedMemory.uniqueName();
        assertNotEquals(name, SharedMemory.uniqueName());
        assertTrue(name.matches("/vhost-[0-9a-z]{1,14}"), name);
    }
}

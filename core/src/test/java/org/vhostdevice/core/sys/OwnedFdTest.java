package org.vhostdevice.core.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class OwnedFdTest {
    private static OwnedFd open() throws ErrnoException {
        return FileIo.open(Path.of("/dev/null"), OpenMode.READ_WRITE);
    }

    @Test
    void secondCloseDoesNotCloseAnotherFile() throws ErrnoException {
        OwnedFd first = open();
        int number = first.number();
        first.close();
        assertFalse(OpenFiles.isOpen(number));
        try (OwnedFd second = open()) {
            assertEquals(number, second.number());
            first.close();
            assertTrue(OpenFiles.isOpen(number));
        }
    }

    @Test
    void closedDescriptorHasNoNumber() throws ErrnoException {
        OwnedFd fd = open();
        assertFalse(fd.isClosed());
        assertEquals("fd " + fd.number(), fd.toString());
        fd.close();
        assertTrue(fd.isClosed());
        assertEquals("fd closed", fd.toString());
        assertThrows(IllegalStateException.class, () -> {
            var _ = fd.number();
        });
        assertThrows(IllegalStateException.class, () -> {
            var _ = fd.release();
        });
    }

    @Test
    void releasedDescriptorStaysOpen() throws ErrnoException {
        OwnedFd fd = open();
        int number = fd.release();
        fd.close();
        assertTrue(OpenFiles.isOpen(number));
        new OwnedFd(number).close();
    }

    @Test
    void duplicateHasItsOwnNumberAndEnd() throws ErrnoException {
        OwnedFd fd = open();
        try (OwnedFd duplicate = fd.duplicate()) {
            assertNotEquals(fd.number(), duplicate.number());
            assertTrue(OpenFiles.isCloseOnExec(duplicate.number()));
            fd.close();
            assertTrue(OpenFiles.isOpen(duplicate.number()));
        }
    }

    @Test
    void failedDuplicateSaysWhy() throws ErrnoException {
        OwnedFd fd = new OwnedFd(1 << 30);
        ErrnoException e = assertThrows(ErrnoException.class, () -> {
            var _ = fd.duplicate();
        });
        assertEquals(Errno.EBADF, e.errno());
        assertEquals("F_DUPFD_CLOEXEC: Bad file descriptor (EBADF)", e.getMessage());
    }

    @Test
    void negativeNumberIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> new OwnedFd(-1));
    }

    @Test
    void boxClosesWhatWasNotTaken() throws ErrnoException {
        FdBox box = new FdBox();
        OwnedFd first = open();
        OwnedFd second = open();
        OwnedFd third = open();
        box.add(first);
        box.add(second);
        box.add(third);
        assertEquals(3, box.size());
        assertEquals(first, box.take());
        box.close();
        assertTrue(box.isEmpty());
        assertFalse(first.isClosed());
        assertTrue(second.isClosed() && third.isClosed());
        box.add(first);
        assertEquals(List.of(first), box.takeAll());
        box.close();
        assertFalse(first.isClosed());
        first.close();
    }
}

package org.vhostdevice.core.sys;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSpaceTest {
    private static final int MIB = 1 << 20;

    private final byte[] content = new byte[4 * MIB];
    private Path file;
    private OwnedFd fd;

    @BeforeEach
    void open(@TempDir Path folder) throws IOException {
        Arrays.fill(content, (byte) 7);
        file = folder.resolve("file");
        Files.write(file, content);
        fd = FileIo.open(file, OpenMode.READ_WRITE);
    }

    @AfterEach
    void close() {
        fd.close();
    }

    @Test
    void holeReadsAsZerosAndIsFound() throws IOException {
        assumeTrue(FileSpace.punchHole(fd.number(), MIB, MIB), "the file system can punch holes");
        Arrays.fill(content, MIB, 2 * MIB, (byte) 0);
        assertArrayEquals(content, Files.readAllBytes(file));
        assertEquals(0, FileSpace.nextData(fd.number(), 0));
        assertEquals(MIB, FileSpace.nextHole(fd.number(), 0));
        assertEquals(2 * MIB, FileSpace.nextData(fd.number(), MIB));
        assertEquals(4 * MIB, FileSpace.nextHole(fd.number(), 3 * MIB));
    }

    @Test
    void noDataUpToTheEndIsToldApart() throws IOException {
        assumeTrue(FileSpace.punchHole(fd.number(), 2 * MIB, 2 * MIB), "the file system can punch holes");
        assertTrue(FileSpace.nextData(fd.number(), 3 * MIB) < 0);
    }

    @Test
    void zeroedRangeReadsAsZeros() throws IOException {
        assumeTrue(FileSpace.zeroRange(fd.number(), MIB, 2 * MIB), "the file system can zero ranges");
        Arrays.fill(content, MIB, 3 * MIB, (byte) 0);
        assertArrayEquals(content, Files.readAllBytes(file));
    }

    @Test
    void filesAreNoDisks() throws IOException {
        assertFalse(FileSpace.discardDevice(fd.number(), 0, MIB));
        assertFalse(FileSpace.zeroDevice(fd.number(), 0, MIB));
        assertArrayEquals(content, Files.readAllBytes(file));
    }
}

package org.vhostdevice.fs.passthrough;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.fs.vfs.FileSystem;

@DisplayName("Memory of files that a guest knows")
@Tag("slow")
class NodeMemoryTest {
    private static final int FILES = 100_000;

    @TempDir
    Path root;

    @Test
    void isBoundedForEach(TestReporter reporter) throws Exception {
        for (int i = 0; i < FILES; i++) {
            Files.createFile(root.resolve("file" + i));
        }
        try (Arena arena = Arena.ofConfined();
                Share share = new Share(root)) {
            MemorySegment name = arena.allocate(20);
            long before = used();
            for (int i = 0; i < FILES; i++) {
                name.setString(0, "file" + i, StandardCharsets.US_ASCII);
                share.system.lookup(share.caller, FileSystem.ROOT, name);
            }
            long each = (used() - before) / FILES;
            reporter.publishEntry("bytes for each file", Long.toString(each));
            assertTrue(each <= NodeTable.NODE_BYTES, () -> each + " bytes");
        }
    }

    private static long used() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}

package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Faults of shared memory come when they are asked for, or at the access")
class MemoryFaultsTest {
    /// Enough for the access to be compiled, with more than one compiler.
    private static final int ROUNDS = 20_000;

    private static final int SIZE = 8192;
    private static final String NAME = "faulty";
    private static final Path MAPPINGS = Path.of("/proc/self/maps");

    private static void touch(MemorySegment memory) {
        memory.set(JAVA_SHORT, 8, (short) 1);
    }

    /// The fault comes at the access, or a little later.
    private static boolean failsSoon(MemorySegment memory) {
        try {
            touch(memory);
            MemoryFaults.report();
            return false;
        } catch (InternalError e) {
            return true;
        }
    }

    @Test
    void everyFaultIsReportedOnceByThen() throws IOException {
        try (SharedMemory file = SharedMemory.create(NAME, SIZE)) {
            MappedRegion region = MappedRegion.map(file.fd(), 0, SIZE, true);
            FileIo.truncate(file.fd().number(), 0);
            for (int i = 0; i < ROUNDS; i++) {
                assertTrue(failsSoon(region.segment()));
                assertNull(MemoryFaults.take());
            }
            region.close();
        }
    }

    private static void mapAndLose(SharedMemory file) throws IOException {
        FileIo.truncate(file.fd().number(), SIZE);
        MappedRegion region = MappedRegion.map(file.fd(), 0, SIZE, true);
        FileIo.truncate(file.fd().number(), 0);
        try {
            touch(region.segment());
            region.close();
        } catch (InternalError e) {
            region.close();
        }
    }

    @Test
    void memoryIsUnmappedAlthoughAnAccessHasFailed() throws IOException {
        assumeTrue(Files.isReadable(MAPPINGS) && Capability.MEMFD.available(), "the host names mappings");
        try (SharedMemory file = SharedMemory.memfd(NAME, SIZE)) {
            for (int i = 0; i < ROUNDS; i++) {
                mapAndLose(file);
            }
        }
        try (Stream<String> mapped = Files.lines(MAPPINGS)) {
            assertEquals(
                    0, mapped.filter(line -> line.contains("/memfd:" + NAME)).count());
        }
    }

    @Test
    void nothingIsReportedWithoutAFault() {
        assertDoesNotThrow(MemoryFaults::report);
        assertNull(MemoryFaults.take());
    }
}

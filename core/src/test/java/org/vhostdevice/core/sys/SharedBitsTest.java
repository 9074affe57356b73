package org.vhostdevice.core.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.testkit.Background;

@DisplayName("Bits of memory that other processes change, too")
class SharedBitsTest {
    private static final int THREADS = 3;
    private static final long CHILD_SECONDS = 60;

    @TempDir
    private Path directory;

    @BeforeEach
    void needsTheCapability() {
        assumeTrue(Capability.ATOMIC_BITS.available());
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 3, 8, 4096})
    void changesOneBitAndNoOther(long offset) throws Exception {
        try (SharedMemory file = SharedMemory.create("bits", offset + 16);
                MappedRegion all = MappedRegion.map(file.fd(), 0, offset + 16, true);
                MappedRegion part = MappedRegion.map(file.fd(), offset, 9, true)) {
            for (int bit = 0; bit < 9 * 8; bit++) {
                SharedBits.set(part.segment(), bit / 8, bit % 8);
                BitSet expected = new BitSet();
                expected.set((int) offset * 8 + bit);
                assertEquals(expected, bits(all.segment()));
                SharedBits.clear(part.segment(), bit / 8, bit % 8);
                assertEquals(new BitSet(), bits(all.segment()));
            }
        }
    }

    @Test
    void setsAWholeWord() throws Exception {
        try (SharedMemory file = SharedMemory.create("bits", 16);
                MappedRegion memory = MappedRegion.map(file.fd(), 0, 16, true)) {
            SharedBits.setWord(memory.segment(), 4);
            BitSet expected = new BitSet();
            expected.set(32, 64);
            assertEquals(expected, bits(memory.segment()));
            assertThrows(IllegalArgumentException.class, () -> SharedBits.setWord(memory.segment(), 6));
            assertThrows(IllegalArgumentException.class, () -> SharedBits.setWord(memory.segment(), 16));
        }
    }

    @Test
    void refusesWhatIsNotThere() throws Exception {
        try (SharedMemory file = SharedMemory.create("bits", 16);
                MappedRegion memory = MappedRegion.map(file.fd(), 0, 16, true);
                MappedRegion readable = MappedRegion.map(file.fd(), 0, 16, false)) {
            MemorySegment bits = memory.segment();
            assertThrows(IllegalArgumentException.class, () -> SharedBits.set(bits, 16, 0));
            assertThrows(IllegalArgumentException.class, () -> SharedBits.set(bits, -1, 0));
            assertThrows(IllegalArgumentException.class, () -> SharedBits.clear(bits, 0, 8));
            assertThrows(IllegalArgumentException.class, () -> SharedBits.set(readable.segment(), 0, 0));
        }
    }

    @Test
    void truncatedMemoryIsAnInternalErrorAsWithEveryAccess() throws Exception {
        long page = Host.pageSize();
        try (SharedMemory file = SharedMemory.create("bits", 2 * page);
                MappedRegion memory = MappedRegion.map(file.fd(), 0, 2 * page, true)) {
            FileIo.truncate(file.fd().number(), page);
            SharedBits.set(memory.segment(), page - 1, 7);
            InternalError e = assertThrows(InternalError.class, () -> SharedBits.set(memory.segment(), page, 0));
            assertTrue(String.valueOf(e.getMessage()).contains("Bad address"), e.getMessage());
            FileIo.truncate(file.fd().number(), 2 * page);
            SharedBits.set(memory.segment(), page, 0);
        }
    }

    @Test
    void losesNoBitBetweenThreadsAndProcesses() throws Exception {
        try (SharedMemory file = SharedMemory.create("bits", SharedBitsChild.BYTES);
                MappedRegion memory = MappedRegion.map(file.fd(), 0, SharedBitsChild.BYTES, true)) {
            var stop = new AtomicBoolean();
            List<CompletableFuture<?>> threads = new ArrayList<>();
            for (int lane = 1; lane <= THREADS; lane++) {
                int own = lane;
                threads.add(Background.run(() -> SharedBitsChild.changeLane(memory.segment(), own, stop)));
            }
            Process child = child(file);
            try {
                assertTrue(child.waitFor(CHILD_SECONDS, TimeUnit.SECONDS), "the other process ends");
                assertEquals(0, child.exitValue(), Files.readString(directory.resolve("output")));
            } finally {
                child.destroyForcibly();
                stop.set(true);
                threads.forEach(CompletableFuture::join);
            }
        }
    }

    private Process child(SharedMemory file) throws Exception {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                SharedBitsChild.class.getName(),
                "/proc/" + ProcessHandle.current().pid() + "/fd/" + file.fd().number());
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("output").toFile())
                .start();
    }

    private static BitSet bits(MemorySegment memory) {
        return BitSet.valueOf(memory.toArray(ValueLayout.JAVA_BYTE));
    }
}

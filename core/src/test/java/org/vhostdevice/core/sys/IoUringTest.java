package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.testkit.Seeded;

@ExtendWith(Seeded.class)
class IoUringTest {
    private static final int BLOCK = 4096;
    private static final int BLOCKS = 64;
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(10);

    private final Arena arena = Arena.ofAuto();
    private final byte[] content = new byte[BLOCK * BLOCKS];
    private final Map<Long, Integer> results = new HashMap<>();
    private IoUring ring;
    private OwnedFd fd;
    private Path file;

    @BeforeEach
    void open(@TempDir Path folder) throws IOException {
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) (i / BLOCK + i);
        }
        file = folder.resolve("file");
        Files.write(file, content);
        fd = FileIo.open(file, OpenMode.READ_WRITE);
        try {
            ring = IoUring.open(8, 32);
        } catch (ErrnoException e) {
            abort("the host has no io_uring: " + e.getMessage());
        }
    }

    @AfterEach
    void close() {
        fd.close();
        if (ring != null) {
            ring.close();
        }
    }

    private MemorySegment iovec(MemorySegment buffer) {
        return arena.allocateFrom(JAVA_LONG, buffer.address(), buffer.byteSize());
    }

    private void reapAll(int count) throws IOException {
        int done = 0;
        while (done < count) {
            done += ring.reap((token, result, _) -> {
                assertFalse(results.containsKey(token));
                results.put(token, result);
            });
            if (done < count) {
                ring.submitAndWait(-1);
            }
        }
    }

    @Test
    void roomEndsWithTheEntriesAndComesBackWhenTheyAreSubmitted() throws IOException {
        MemorySegment iovec = iovec(arena.allocate(BLOCK));
        for (int i = 0; i < 8; i++) {
            assertEquals(8 - i, ring.room());
            ring.readv(fd.number(), iovec.address(), 1, 0, i);
        }
        assertEquals(0, ring.room());
        ring.submit();
        assertEquals(8, ring.room());
        reapAll(8);
        assertEquals(8, results.size());
    }

    @Test
    void droppedRequestsAreNeverDone() throws IOException {
        MemorySegment iovec = iovec(arena.allocate(BLOCK));
        for (int i = 0; i < 3; i++) {
            ring.writev(fd.number(), iovec.address(), 1, 0, i);
        }
        assertEquals(2, ring.drop(2));
        assertEquals(1, ring.drop(9));
        ring.readv(fd.number(), iovec.address(), 1, 0, 9);
        ring.submit();
        assertEquals(0, ring.drop(1));
        reapAll(1);
        assertEquals(Map.of(9L, BLOCK), results);
        assertArrayEquals(content, Files.readAllBytes(file));
    }

    @RepeatedTest(20)
    void transfersMoveTheirBytes(RandomGenerator random) throws IOException {
        Map<Long, MemorySegment> reads = new HashMap<>();
        for (int round = 0; round < 20; round++) {
            int count = random.nextInt(1, 9);
            for (int i = 0; i < count; i++) {
                long token = round * 100L + i;
                int at = random.nextInt(BLOCKS) * BLOCK;
                MemorySegment buffer = arena.allocate(BLOCK);
                if (i == 0) {
                    byte[] data = new byte[BLOCK];
                    random.nextBytes(data);
                    MemorySegment.copy(data, 0, buffer, ValueLayout.JAVA_BYTE, 0, BLOCK);
                    ring.writev(fd.number(), iovec(buffer).address(), 1, at, token);
                    ring.submit();
                    reapAll(1);
                    System.arraycopy(data, 0, content, at, BLOCK);
                } else {
                    reads.put((long) at, buffer);
                    ring.readv(fd.number(), iovec(buffer).address(), 1, at, token);
                }
            }
            ring.submit();
            reapAll(count - 1);
            reads.forEach((at, buffer) -> assertArrayEquals(
                    Arrays.copyOfRange(content, at.intValue(), at.intValue() + BLOCK),
                    buffer.toArray(ValueLayout.JAVA_BYTE)));
            reads.clear();
            results.values().forEach(result -> assertEquals(BLOCK, result));
            results.clear();
        }
        assertArrayEquals(content, Files.readAllBytes(file));
    }

    @Test
    void faultsAreTheRequests() throws IOException {
        MemorySegment nowhere = arena.allocateFrom(JAVA_LONG, 8, BLOCK);
        ring.readv(fd.number(), nowhere.address(), 1, 0, 1);
        ring.readv(fd.number(), iovec(arena.allocate(BLOCK)).address(), 1, content.length, 2);
        ring.readv(1 << 20, iovec(arena.allocate(BLOCK)).address(), 1, 0, 3);
        ring.submit();
        reapAll(3);
        assertEquals(Map.of(1L, -Errno.EFAULT.number(), 2L, 0, 3L, -Errno.EBADF.number()), results);
    }

    /// Of requests that the kernel cannot do when they are submitted.
    @Test
    void aWaitEndsWhenARequestCompletes() throws IOException {
        int flags = AbiNumber.EFD_CLOEXEC.value(); // blocking: reading it takes until something is written
        try (OwnedFd event = OwnedFd.ofResult("eventfd", Libc.eventfd(0, flags))) {
            MemorySegment one = arena.allocateFrom(JAVA_LONG, 1);
            MemorySegment iovec = iovec(arena.allocate(Long.BYTES));
            for (long token = 0; token < 10; token++) {
                ring.readv(event.number(), iovec.address(), 1, 0, token);
                ring.submitAndWait(0);
                assertFalse(ring.hasCompletions());
                Thread _ = Thread.ofPlatform().start(() -> Libc.write(event.number(), one, Long.BYTES));
                ring.submitAndWait(PATIENCE);
                assertTrue(ring.hasCompletions(), "nobody is woken");
                assertEquals(1, ring.reap((done, result, _) -> results.put(done, result)));
                assertEquals(Map.of(token, Long.BYTES), results);
                results.clear();
            }
        }
    }

    @Test
    void aWaitEndsWithItsTime() throws IOException {
        long began = System.nanoTime();
        ring.submitAndWait(TimeUnit.MILLISECONDS.toNanos(20));
        assertTrue(System.nanoTime() - began >= TimeUnit.MILLISECONDS.toNanos(20));
        assertFalse(ring.hasCompletions());
    }
}

package org.vhostdevice.core.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.vhostdevice.core.sys.FileIo;
import org.vhostdevice.core.sys.MappedRegion;
import org.vhostdevice.core.sys.SharedMemory;
import org.vhostdevice.core.testkit.CapturedLog;
import org.vhostdevice.core.testkit.Seeded;

@DisplayName("The log of written pages")
@ExtendWith(Seeded.class)
class DirtyLogTest {
    private static final int PAGE = 4096;
    private static final int FILE_BYTES = 256;

    @RegisterExtension
    final CapturedLog warnings = new CapturedLog();

    private SharedMemory file;
    private MappedRegion whole;

    @BeforeEach
    void makeFile() throws Exception {
        assumeTrue(DirtyLog.isSupported());
        file = SharedMemory.create("log", FILE_BYTES);
        whole = MappedRegion.map(file.fd(), 0, FILE_BYTES, true);
    }

    @AfterEach
    void closeFile() {
        if (file != null) {
            whole.close();
            file.close();
        }
    }

    private DirtyLog log(long offset, long bytes) throws Exception {
        return new DirtyLog(MappedRegion.map(file.fd(), offset, bytes, true));
    }

    private BitSet marks() {
        return BitSet.valueOf(whole.segment().toArray(ValueLayout.JAVA_BYTE));
    }

    @Test
    void bitOfAPageIsItsNumber() throws Exception {
        try (DirtyLog log = log(0, FILE_BYTES)) {
            assertTrue(log.mark(9 * PAGE, 1));
            assertEquals(1 << 1, whole.segment().get(ValueLayout.JAVA_BYTE, 1));
            assertFalse(log.mark(9 * PAGE + 1, PAGE - 1), "marked already");
            assertTrue(log.mark(9 * PAGE + 1, PAGE), "the next one, too");
            assertFalse(log.mark(0, 0));
            assertEquals(2, marks().cardinality());
        }
    }

    @RepeatedTest(50)
    void marksExactlyThePagesOfEachRange(RandomGenerator random) throws Exception {
        int offset = random.nextInt(20);
        int bytes = 1 + random.nextInt(FILE_BYTES - offset);
        BitSet expected = new BitSet();
        try (DirtyLog log = log(offset, bytes)) {
            for (int i = 0; i < 30; i++) {
                int first = random.nextInt(bytes * 8);
                int count = 1 + random.nextInt(random.nextBoolean() ? 3 : 200);
                int end = Math.min(first + count, bytes * 8);
                int skip = random.nextInt(PAGE);
                BitSet range = new BitSet();
                range.set(offset * 8 + first, offset * 8 + end);
                BitSet before = (BitSet) expected.clone();
                expected.or(range);
                boolean added = log.mark((long) first * PAGE + skip, (long) count * PAGE - skip);
                assertEquals(!before.equals(expected), added);
                assertEquals(expected, marks());
            }
        }
    }

    @Test
    void pagesBeyondTheLogAreLeftOutAndReportedOnce() throws Exception {
        try (DirtyLog log = log(0, 2)) {
            assertTrue(log.covers(0, 16 * PAGE));
            assertFalse(log.covers(0, 16 * PAGE + 1));
            assertFalse(log.covers(-1, 1));
            assertFalse(log.covers(-1, 2));
            log.mark(15 * PAGE, 4 * PAGE);
            log.mark(1L << 60, PAGE);
            BitSet expected = new BitSet();
            expected.set(15);
            assertEquals(expected, marks());
            assertEquals(1, warnings.count("WARNING"));
        }
    }

    @Test
    void truncatedLogIsAnInternalError() throws Exception {
        try (DirtyLog log = log(0, FILE_BYTES)) {
            FileIo.truncate(file.fd().number(), 0);
            assertThrows(InternalError.class, () -> {
                log.mark(0, PAGE);
                touch(whole.segment());
            });
        }
    }

    // The error may come a little later than the access.
    private static void touch(MemorySegment segment) {
        for (int i = 0; i < FILE_BYTES; i++) {
            segment.get(ValueLayout.JAVA_BYTE, i);
        }
    }
}

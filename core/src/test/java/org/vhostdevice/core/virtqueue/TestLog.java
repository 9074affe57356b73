package org.vhostdevice.core.virtqueue;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.vhostdevice.core.memory.DirtyLog;
import org.vhostdevice.core.sys.MappedRegion;
import org.vhostdevice.core.sys.SharedMemory;
import org.vhostdevice.core.testkit.TestGuest;

/// A log of the pages of [TestGuest], seen from the front end.
final class TestLog implements AutoCloseable {
    private static final int PAGE = 4096;
    private static final int BYTES = 128;

    private final SharedMemory file;
    private final MappedRegion seen;
    private final DirtyLog log;

    TestLog() throws IOException {
        assumeTrue(DirtyLog.isSupported());
        file = SharedMemory.create("log", BYTES);
        seen = MappedRegion.map(file.fd(), 0, BYTES, true);
        log = new DirtyLog(MappedRegion.map(file.fd(), 0, BYTES, true));
    }

    RingLog of(boolean buffers, boolean ring, long deviceArea) {
        return new RingLog(log, buffers, ring, deviceArea);
    }

    /// The addresses of all marked pages, which are marked no longer then.
    List<Long> takeMarks() {
        BitSet marks = BitSet.valueOf(seen.segment().toArray(ValueLayout.JAVA_BYTE));
        seen.segment().fill((byte) 0);
        return marks.stream().mapToObj(page -> (long) page * PAGE).toList();
    }

    /// Checks that each page is marked that has changed, and takes the marks.
    void assertMarked(byte[] before, byte[] after) {
        List<Long> marks = takeMarks();
        for (int at = 0; at < before.length; at += PAGE) {
            boolean changed = !Arrays.equals(before, at, at + PAGE, after, at, at + PAGE);
            long page = TestGuest.START + at;
            assertTrue(!changed || marks.contains(page), () -> Long.toHexString(page) + " is not among " + marks);
        }
    }

    @Override
    public void close() {
        log.close();
        seen.close();
        file.close();
    }
}

package org.vhostdevice.core.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.vhostdevice.core.sys.MappedRegion;
import org.vhostdevice.core.sys.SharedMemory;

/// Any part of a file as the log, and any ranges of guest memory: what is marked has its bits in that part, or none.
///
/// Input: eight bytes of offset, eight of size, of which the first of each are usually zero; then ranges of an address
/// and a length.
class DirtyLogFuzzTest {
    private static final Logger PRODUCT = Logger.getLogger("org.vhostdevice");
    private static final int FILE_BYTES = 8192;
    private static final int MAX_RANGES = 16;

    /// Longer ranges take longer.
    private static final long MAX_LENGTH = 1L << 32;

    @BeforeAll
    static void begin() {
        assumeTrue(DirtyLog.isSupported());
        PRODUCT.setLevel(Level.OFF);
    }

    @AfterAll
    static void end() {
        PRODUCT.setLevel(null);
    }

    @FuzzTest
    void mark(byte[] input) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(input);
        if (bytes.remaining() < 16) {
            return;
        }
        long offset = bytes.getLong();
        long size = bytes.getLong();
        boolean inside = offset >= 0 && size > 0 && offset <= FILE_BYTES && size <= FILE_BYTES - offset;
        try (SharedMemory file = SharedMemory.create("log", FILE_BYTES);
                MappedRegion whole = MappedRegion.map(file.fd(), 0, FILE_BYTES, false)) {
            DirtyLog log;
            try {
                log = new DirtyLog(MappedRegion.map(file.fd(), offset, size, true));
            } catch (IOException e) {
                assertFalse(inside);
                return;
            }
            assertTrue(inside);
            try (log) {
                mark(log, whole, offset, size, bytes);
            }
        }
    }

    private static void mark(DirtyLog log, MappedRegion whole, long offset, long size, ByteBuffer bytes) {
        BitSet expected = new BitSet();
        for (int i = 0; i < MAX_RANGES && bytes.remaining() >= 16; i++) {
            long address = bytes.getLong();
            long length = bytes.getLong() % MAX_LENGTH;
            long last = (address + (length - 1)) >>> 12;
            long pages = size * Byte.SIZE;
            boolean covered = length > 0 && log.covers(address, length);
            assertTrue(!covered || last < pages);
            boolean added = false;
            for (long page = address >>> 12; length > 0 && page <= last && page < pages; page++) {
                int bit = (int) (offset * Byte.SIZE + page);
                added |= !expected.get(bit);
                expected.set(bit);
            }
            assertEquals(added, log.mark(address, length));
        }
        byte[] content = whole.segment().toArray(ValueLayout.JAVA_BYTE);
        assertEquals(expected, BitSet.valueOf(content));
    }
}

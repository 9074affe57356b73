package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/// How often clusters of the file are referred to, as found by following all tables.
///
/// Counts of neighbours share a page: of bytes, until one of them needs more.
final class References {
    private static final int PAGE_BITS = 10;
    private static final int PAGE = 1 << PAGE_BITS;
    private static final int MAX_BYTES = 64 << 20;

    private final int clusterBits;
    private final Map<Long, ByteBuffer> pages = new HashMap<>();
    private long bytes;
    private long end;

    References(int clusterBits) {
        this.clusterBits = clusterBits;
    }

    /// There are too many clusters to count them in memory.
    static final class TooManyException extends IOException {
        private static final long serialVersionUID = 1;

        TooManyException() {
            super("the image has too many clusters to count their references here:"
                    + " repair it with qemu-img check -r all");
        }
    }

    /// Counts the clusters that a range touches.
    ///
    /// @throws TooManyException if that takes too much memory
    void add(long offset, long length, int times) throws IOException {
        if (length == 0) {
            return;
        }
        long last = (offset + length - 1) >>> clusterBits;
        for (long cluster = offset >>> clusterBits; cluster <= last; cluster++) {
            set(cluster, (int) Math.min((long) get(cluster) + times, Integer.MAX_VALUE));
        }
        end = Math.max(end, last + 1);
    }

    int get(long cluster) {
        ByteBuffer page = pages.get(cluster >>> PAGE_BITS);
        return page == null ? 0 : get(page, (int) cluster & (PAGE - 1));
    }

    private static int get(ByteBuffer page, int i) {
        return page.capacity() == PAGE ? page.get(i) : page.getInt(i * Integer.BYTES);
    }

    private void set(long cluster, int count) throws IOException {
        ByteBuffer page = pages.get(cluster >>> PAGE_BITS);
        if (page == null) {
            page = put(cluster, PAGE);
        }
        int i = (int) cluster & (PAGE - 1);
        if (page.capacity() == PAGE && count > Byte.MAX_VALUE) {
            ByteBuffer wide = put(cluster, PAGE * Integer.BYTES);
            for (int each = 0; each < PAGE; each++) {
                wide.putInt(each * Integer.BYTES, page.get(each));
            }
            page = wide;
        }
        if (page.capacity() == PAGE) {
            page.put(i, (byte) count);
        } else {
            page.putInt(i * Integer.BYTES, count);
        }
    }

    private ByteBuffer put(long cluster, int size) throws IOException {
        bytes += size;
        if (bytes > MAX_BYTES) {
            throw new TooManyException();
        }
        ByteBuffer page = ByteBuffer.allocate(size);
        pages.put(cluster >>> PAGE_BITS, page);
        return page;
    }

    /// The cluster behind the last one that is referred to.
    long end() {
        return end;
    }

    /// Whether any of so many clusters is referred to.
    boolean any(long first, int count) {
        for (long cluster = first; cluster < first + count; ) {
            ByteBuffer page = pages.get(cluster >>> PAGE_BITS);
            if (page != null && get(page, (int) cluster & (PAGE - 1)) != 0) {
                return true;
            }
            cluster = page == null ? (cluster | (PAGE - 1)) + 1 : cluster + 1;
        }
        return false;
    }
}

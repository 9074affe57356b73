package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/// How often clusters of the file are referred to, as found by following all tables.
final class References {
    private static final int PAGE_BITS = 10;
    private static final int PAGE = 1 << PAGE_BITS;
    private static final int MAX_PAGES = 1 << 16;

    private final int clusterBits;
    private final Map<Long, int[]> pages = new HashMap<>();
    private long end;

    References(int clusterBits) {
        this.clusterBits = clusterBits;
    }

    /// Counts the clusters that a range touches.
    ///
    /// @throws IOException if that takes too much memory
    void add(long offset, long bytes, int times) throws IOException {
        if (bytes == 0) {
            return;
        }
        long last = (offset + bytes - 1) >>> clusterBits;
        for (long cluster = offset >>> clusterBits; cluster <= last; cluster++) {
            int[] page = page(cluster);
            int i = (int) cluster & (PAGE - 1);
            page[i] = (int) Math.min((long) page[i] + times, Integer.MAX_VALUE);
        }
        end = Math.max(end, last + 1);
    }

    int get(long cluster) {
        int[] page = pages.get(cluster >>> PAGE_BITS);
        return page == null ? 0 : page[(int) cluster & (PAGE - 1)];
    }

    /// The cluster behind the last one that is referred to.
    long end() {
        return end;
    }

    /// Whether any of so many clusters is referred to.
    boolean any(long first, int count) {
        for (long cluster = first; cluster < first + count; ) {
            int[] page = pages.get(cluster >>> PAGE_BITS);
            if (page != null && page[(int) cluster & (PAGE - 1)] != 0) {
                return true;
            }
            cluster = page == null ? (cluster | (PAGE - 1)) + 1 : cluster + 1;
        }
        return false;
    }

    private int[] page(long cluster) throws IOException {
        int[] page = pages.get(cluster >>> PAGE_BITS);
        if (page == null) {
            if (pages.size() == MAX_PAGES) {
                throw new IOException("the image has too many clusters to count their references here:"
                        + " repair it with qemu-img check -r all");
            }
            page = new int[PAGE];
            pages.put(cluster >>> PAGE_BITS, page);
        }
        return page;
    }
}

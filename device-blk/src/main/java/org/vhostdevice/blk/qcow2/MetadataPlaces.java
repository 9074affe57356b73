package org.vhostdevice.blk.qcow2;

import java.util.concurrent.atomic.AtomicLongArray;

/// Where metadata lies in the file, so that no data is ever written over it: a set of clusters. They are added and
/// removed under the image's lock and asked for by any thread.
///
/// A hash table with linear probing. What was removed leaves a mark, which goes when the table is made anew.
final class MetadataPlaces {
    private static final long EMPTY = 0;
    private static final long REMOVED = -1;
    private static final int START = 64;

    private final int clusterBits;
    private volatile AtomicLongArray slots = new AtomicLongArray(START);
    private int used; // slots that are not empty

    MetadataPlaces(int clusterBits) {
        this.clusterBits = clusterBits;
    }

    /// Whether metadata lies in the cluster at an offset.
    boolean contains(long offset) {
        AtomicLongArray all = slots;
        return all.get(find(all, key(offset))) != EMPTY;
    }

    /// Adds the clusters of a range.
    ///
    /// @return whether none was there
    boolean add(long offset, long bytes) {
        boolean fresh = true;
        for (long at = offset; at < offset + bytes; at += 1L << clusterBits) {
            fresh &= add(at);
        }
        return fresh;
    }

    /// Removes the clusters of a range.
    void remove(long offset, long bytes) {
        for (long at = offset; at < offset + bytes; at += 1L << clusterBits) {
            AtomicLongArray all = slots;
            int slot = find(all, key(at));
            if (all.get(slot) != EMPTY) {
                all.set(slot, REMOVED);
            }
        }
    }

    private boolean add(long offset) {
        if (2 * (used + 1) > slots.length()) {
            rebuild();
        }
        AtomicLongArray all = slots;
        int slot = find(all, key(offset));
        if (all.get(slot) != EMPTY) {
            return false;
        }
        all.set(slot, key(offset));
        used++;
        return true;
    }

    private void rebuild() {
        AtomicLongArray old = slots;
        int count = 0;
        for (int i = 0; i < old.length(); i++) {
            count += old.get(i) != EMPTY && old.get(i) != REMOVED ? 1 : 0;
        }
        var all = new AtomicLongArray(Math.max(START, Integer.highestOneBit(count + 1) * 8));
        for (int i = 0; i < old.length(); i++) {
            long key = old.get(i);
            if (key != EMPTY && key != REMOVED) {
                all.set(find(all, key), key);
            }
        }
        used = count;
        slots = all;
    }

    /// The slot of a key, or the empty one where it would be.
    private static int find(AtomicLongArray all, long key) {
        int mask = all.length() - 1;
        int slot = (int) ((key * 0x9e3779b97f4a7c15L) >>> 32) & mask;
        while (all.get(slot) != EMPTY && all.get(slot) != key) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    /// A cluster's number plus one, which is neither empty nor removed.
    private long key(long offset) {
        return (offset >>> clusterBits) + 1;
    }
}

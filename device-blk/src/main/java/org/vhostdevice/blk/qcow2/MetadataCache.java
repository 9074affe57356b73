package org.vhostdevice.blk.qcow2;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/// Tables in memory, found by their index without a lock; of those that are not in use and as they are in the file,
/// one gives way to the next (second chance). Tables that have changed stay until they are written, so a cache may
/// exceed its size by them: whoever changes tables writes them in time.
///
/// Guarded by the image's lock, but for [#get].
final class MetadataCache<T extends CachedTable> {
    private static final int MIN_TABLES = 2;

    private final int capacity;
    private final List<T> tables = new ArrayList<>();
    private final List<T> dirty = new ArrayList<>();
    private final List<T> writing = new ArrayList<>();
    private volatile AtomicReferenceArray<@Nullable T> byIndex;
    private int hand;

    /// An empty cache.
    ///
    /// @param indexes how many tables there may be
    /// @param bytes of memory for all
    /// @param tableBytes for each
    MetadataCache(int indexes, long bytes, int tableBytes) {
        this.byIndex = new AtomicReferenceArray<>(indexes);
        this.capacity = Math.clamp(bytes / tableBytes, MIN_TABLES, Integer.MAX_VALUE);
    }

    /// The table of an index, if it is in memory. Any thread.
    @Nullable
    T get(int index) {
        AtomicReferenceArray<@Nullable T> all = byIndex;
        T table = index < all.length() ? all.get(index) : null;
        if (table != null) {
            table.touch();
        }
        return table;
    }

    /// Lets there be more tables.
    void grow(int indexes) {
        var more = new AtomicReferenceArray<@Nullable T>(indexes);
        for (T table : tables) {
            more.set(table.index(), table);
        }
        byIndex = more;
    }

    /// Adds a table, in the place of one with the same index if there is one.
    void put(T table) {
        T old = byIndex.get(table.index());
        if (old != null) {
            tables.remove(old);
            dirty.remove(old);
        }
        makeRoom();
        table.touch();
        tables.add(table);
        byIndex.set(table.index(), table);
    }

    /// Notes that bytes of a table have changed.
    void changed(T table, int from, int to) {
        if (!table.dirty()) {
            dirty.add(table);
        }
        table.markDirty(from, to);
    }

    /// How many tables have changed.
    int dirty() {
        return dirty.size();
    }

    int capacity() {
        return capacity;
    }

    /// Takes the changes of all tables, to be written; [#written] follows.
    List<PendingWrite> take() {
        List<PendingWrite> writes = new ArrayList<>(dirty.size());
        for (T table : dirty) {
            writes.add(table.take());
        }
        writing.addAll(dirty);
        dirty.clear();
        return writes;
    }

    void written() {
        writing.forEach(CachedTable::written);
        writing.clear();
    }

    private void makeRoom() {
        for (int looks = 2 * tables.size(); looks > 0 && tables.size() >= capacity; looks--) {
            hand = hand < tables.size() ? hand : 0;
            T table = tables.get(hand);
            if (!table.evictable() || table.untouch()) {
                hand++;
                continue;
            }
            byIndex.set(table.index(), null);
            tables.set(hand, tables.getLast());
            tables.removeLast();
        }
    }
}

package org.vhostdevice.core.virtqueue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Puts recorded chains in the order in which they were taken from the ring.
final class InflightOrder {
    private record Entry(int index, long counter) {}

    private final List<Entry> entries;

    /// @param capacity the most chains
    InflightOrder(int capacity) {
        entries = new ArrayList<>(Math.min(capacity, 1024));
    }

    /// @param counter as recorded, unsigned
    void add(int index, long counter) {
        entries.add(new Entry(index, counter));
    }

    /// The indices in order of their counters.
    int[] sorted() {
        return entries.stream()
                .sorted(Comparator.comparingLong(entry -> entry.counter() ^ Long.MIN_VALUE))
                .mapToInt(Entry::index)
                .toArray();
    }

    /// A counter that comes after all of these.
    long nextCounter() {
        return entries.stream()
                        .mapToLong(Entry::counter)
                        .reduce(-1, (a, b) -> Long.compareUnsigned(a + 1, b + 1) < 0 ? b : a)
                + 1;
    }
}

package org.vhostdevice.blk.qcow2;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLongArray;

/// An L2 table. Any thread may read entries; they are changed under the image's lock.
///
/// An entry that changes together with its bitmap does so in an order in which a reader that sees the same entry
/// before and after the bitmap has a pair that was there.
final class L2Table extends CachedTable {
    private final int words;
    private final AtomicLongArray entries;

    /// A table that maps nothing.
    L2Table(int index, long offset, Geometry geometry) {
        super(index, offset);
        this.words = geometry.entryWords();
        this.entries = new AtomicLongArray(geometry.l2Entries() * words);
    }

    /// A table from its bytes.
    static L2Table of(int index, long offset, Geometry geometry, byte[] bytes) {
        var table = new L2Table(index, offset, geometry);
        ByteBuffer longs = ByteBuffer.wrap(bytes);
        for (int i = 0; i < table.entries.length(); i++) {
            table.entries.setPlain(i, longs.getLong(i * Long.BYTES));
        }
        return table;
    }

    /// A copy at another place in the file.
    L2Table copy(long offset, Geometry geometry) {
        var copy = new L2Table(index(), offset, geometry);
        for (int i = 0; i < entries.length(); i++) {
            copy.entries.setPlain(i, entries.get(i));
        }
        return copy;
    }

    long entry(int i) {
        return entries.get(i * words);
    }

    /// The bitmap of subclusters behind an entry, in images that have them.
    long bitmap(int i) {
        return entries.get(i * words + 1);
    }

    /// Changes an entry; [MetadataCache#changed] follows.
    void set(int i, long entry, long bitmap) {
        if (words == 1) {
            entries.set(i, entry);
            return;
        }
        if ((entry & Geometry.OFFSET) == 0) {
            entries.set(i * words, entry);
            entries.set(i * words + 1, bitmap);
        } else {
            entries.set(i * words + 1, bitmap);
            entries.set(i * words, entry);
        }
    }

    /// The byte in the table at which an entry begins.
    int position(int i) {
        return i * words * Long.BYTES;
    }

    @Override
    byte[] encode(int from, int to) {
        ByteBuffer bytes = ByteBuffer.allocate(to - from);
        for (int i = from / Long.BYTES; i < to / Long.BYTES; i++) {
            bytes.putLong(entries.get(i));
        }
        return bytes.array();
    }
}

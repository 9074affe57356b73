package org.vhostdevice.blk.qcow2;

/// A table of one cluster that is in memory. Guarded by the image's lock, but for what it says otherwise.
abstract class CachedTable {
    private final int index;
    private final long offset;
    private boolean referenced; // a hint: written by any thread without order
    private boolean writing;
    private int dirtyFrom = Integer.MAX_VALUE;
    private int dirtyTo;

    /// A table.
    ///
    /// @param index in the table above it
    /// @param offset in the file
    CachedTable(int index, long offset) {
        this.index = index;
        this.offset = offset;
    }

    int index() {
        return index;
    }

    long offset() {
        return offset;
    }

    /// The bytes of a range, as they are in the file.
    abstract byte[] encode(int from, int to);

    /// Notes a use. Any thread.
    final void touch() {
        if (!referenced) {
            referenced = true;
        }
    }

    /// Forgets uses; answers whether there were any.
    final boolean untouch() {
        boolean was = referenced;
        referenced = false;
        return was;
    }

    final boolean dirty() {
        return dirtyFrom < dirtyTo;
    }

    final boolean evictable() {
        return !dirty() && !writing;
    }

    final void markDirty(int from, int to) {
        dirtyFrom = Math.min(dirtyFrom, from & -HostFile.SECTOR);
        dirtyTo = Math.max(dirtyTo, (to + HostFile.SECTOR - 1) & -HostFile.SECTOR);
    }

    /// Takes what has changed, to be written; [#written] follows.
    final PendingWrite take() {
        var write = new PendingWrite(offset + dirtyFrom, encode(dirtyFrom, dirtyTo));
        dirtyFrom = Integer.MAX_VALUE;
        dirtyTo = 0;
        writing = true;
        return write;
    }

    final void written() {
        writing = false;
    }
}

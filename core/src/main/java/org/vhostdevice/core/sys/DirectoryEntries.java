package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;

/// Walks the entries that [TreeCalls#readDirectory] has filled in. One thread.
public final class DirectoryEntries {
    private static final int INODE = AbiNumber.D_INO.value();
    private static final int OFFSET = AbiNumber.D_OFF.value();
    private static final int LENGTH = AbiNumber.D_RECLEN.value();
    private static final int TYPE = AbiNumber.D_TYPE.value();
    private static final int NAME = AbiNumber.D_NAME.value();

    private MemorySegment entries = MemorySegment.NULL;
    private long at;
    private long end;
    private long next;
    private long nameBytes;
    private boolean kept;

    /// Makes a walk over nothing.
    public DirectoryEntries() {}

    /// Begins with the first entry.
    ///
    /// @param filled what was filled in
    /// @param bytes how many of it
    public void begin(MemorySegment filled, long bytes) {
        entries = filled;
        next = 0;
        end = bytes;
        kept = false;
    }

    /// Begins somewhere in entries that are kept, whose offsets are where they end in what is kept.
    ///
    /// @param filled all entries of a directory
    /// @param from 0, or what [#offset] said; anything else gives entries that do not exist, or none
    public void beginKept(MemorySegment filled, long from) {
        entries = filled;
        next = from < 0 ? filled.byteSize() : from;
        end = filled.byteSize();
        kept = true;
    }

    /// Goes to the next entry.
    ///
    /// @return whether there is one
    public boolean next() {
        at = next;
        if (at >= end - NAME) {
            return false;
        }
        next = at + Math.max(NAME, Short.toUnsignedInt(entries.get(JAVA_SHORT_UNALIGNED, at + LENGTH)));
        nameBytes = 0;
        long limit = Math.min(next, end) - at - NAME;
        while (nameBytes < limit && entries.get(JAVA_BYTE, at + NAME + nameBytes) != 0) {
            nameBytes++;
        }
        return nameBytes < limit;
    }

    /// {@return the inode's number}
    public long inode() {
        return entries.get(JAVA_LONG_UNALIGNED, at + INODE);
    }

    /// {@return where reading goes on behind this entry}
    public long offset() {
        return kept ? next : entries.get(JAVA_LONG_UNALIGNED, at + OFFSET);
    }

    /// {@return the type: bits 12 to 15 of a mode, 0 if the file system does not say}
    public int type() {
        return entries.get(JAVA_BYTE, at + TYPE) & 0xf;
    }

    /// {@return the name with the NUL behind it, valid until the entries are read again}
    public MemorySegment name() {
        return entries.asSlice(at + NAME, nameBytes + 1);
    }

    /// {@return bytes of the name without its NUL}
    public long nameBytes() {
        return nameBytes;
    }

    /// {@return whether it is `.` or `..`}
    public boolean isDot() {
        return nameBytes <= 2
                && entries.get(JAVA_BYTE, at + NAME) == '.'
                && (nameBytes == 1 || entries.get(JAVA_BYTE, at + NAME + 1) == '.');
    }
}

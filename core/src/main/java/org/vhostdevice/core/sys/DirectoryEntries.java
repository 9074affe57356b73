package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

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
    }

    /// Goes to the next entry.
    ///
    /// @return whether there is one
    public boolean next() {
        at = next;
        if (at + NAME >= end) {
            return false;
        }
        next = at + Math.max(NAME, Short.toUnsignedInt(entries.get(JAVA_SHORT, at + LENGTH)));
        nameBytes = 0;
        while (at + NAME + nameBytes < Math.min(next, end) && entries.get(JAVA_BYTE, at + NAME + nameBytes) != 0) {
            nameBytes++;
        }
        return true;
    }

    /// {@return the inode's number}
    public long inode() {
        return entries.get(JAVA_LONG, at + INODE);
    }

    /// {@return where reading goes on behind this entry; 0 on file systems of macOS that do not say}
    public long offset() {
        return entries.get(JAVA_LONG, at + OFFSET);
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

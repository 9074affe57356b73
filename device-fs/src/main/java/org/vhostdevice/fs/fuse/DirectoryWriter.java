package org.vhostdevice.fs.fuse;

import java.lang.foreign.MemorySegment;
import org.vhostdevice.fs.vfs.Caller;
import org.vhostdevice.fs.vfs.DirectorySink;

/// Writes the entries of a directory (`struct fuse_dirent` and `struct fuse_direntplus`).
final class DirectoryWriter implements DirectorySink {
    private static final int ENTRY = 24;
    private static final int ALIGNMENT = 8;

    private final ReplyWriter out;
    private final Caller caller;
    private boolean plus;
    private int seconds;
    private long end;

    DirectoryWriter(ReplyWriter out, Caller caller) {
        this.out = out;
        this.caller = caller;
    }

    /// Begins.
    ///
    /// @param bytes at most, for which there is room
    /// @param withAttributes whether each entry has attributes
    /// @param goodFor seconds that those are good for
    void begin(int bytes, boolean withAttributes, int goodFor) {
        plus = withAttributes;
        seconds = goodFor;
        end = out.length() + bytes;
    }

    private long bytes(long nameBytes) {
        long bytes = (plus ? Attributes.ENTRY_BYTES : 0) + ENTRY + nameBytes;
        return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    @Override
    public boolean hasRoom(long nameBytes) {
        return bytes(nameBytes) <= end - out.length();
    }

    @Override
    public void add(long inode, long offset, int type, MemorySegment name, long nameBytes, long node) {
        long next = out.length() + bytes(nameBytes);
        if (plus && node == 0) {
            out.zero(Attributes.ENTRY_BYTES);
        } else if (plus) {
            Attributes.entry(out, caller, node, seconds);
        }
        out.u64(inode);
        out.u64(offset);
        out.u32((int) nameBytes);
        out.u32(plus && node != 0 ? Attributes.entryType(caller.stat()) : type);
        out.put(name, nameBytes);
        out.zero(next - out.length());
    }
}

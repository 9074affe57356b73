package org.vhostdevice.fs.fuse;

import org.vhostdevice.core.sys.FileStat;
import org.vhostdevice.core.sys.FileStat.Time;
import org.vhostdevice.fs.vfs.Caller;

/// Writes what is known of a file.
final class Attributes {
    /// Bytes of an entry (`struct fuse_entry_out`).
    static final int ENTRY_BYTES = 128;

    private static final int SUBMOUNT = 1;
    private static final int TYPE_SHIFT = 12;

    // of struct fuse_statx
    private static final int STATX_BASIC = 0x7ff;
    private static final int STATX_BTIME = 0x800;
    private static final int STATX_SPARE = 14 * Long.BYTES;

    private Attributes() {}

    /// An entry: `struct fuse_entry_out`.
    static void entry(ReplyWriter out, Caller caller, long node, int seconds) {
        out.u64(node);
        out.u64(0); // generation: numbers of nodes are used once
        out.u64(seconds);
        out.u64(seconds);
        out.u32(0);
        out.u32(0);
        attributes(out, caller);
    }

    /// An entry that tells that there is none, which the guest may remember.
    static void missing(ReplyWriter out, int seconds) {
        out.u64(0); // no node
        out.u64(0);
        out.u64(seconds);
        out.zero(ENTRY_BYTES - 3 * Long.BYTES);
    }

    /// An answer with attributes: `struct fuse_attr_out`.
    static void answer(ReplyWriter out, Caller caller, int seconds) {
        out.u64(seconds);
        out.u32(0);
        out.u32(0);
        attributes(out, caller);
    }

    private static void attributes(ReplyWriter out, Caller caller) {
        FileStat stat = caller.stat();
        out.u64(stat.inode());
        out.u64(stat.size());
        out.u64(stat.blocks());
        out.u64(stat.seconds(Time.ACCESS));
        out.u64(stat.seconds(Time.MODIFICATION));
        out.u64(stat.seconds(Time.CHANGE));
        out.u32(stat.nanos(Time.ACCESS));
        out.u32(stat.nanos(Time.MODIFICATION));
        out.u32(stat.nanos(Time.CHANGE));
        out.u32(stat.mode());
        out.u32((int) stat.links());
        out.u32(stat.uid());
        out.u32(stat.gid());
        out.u32(stat.specialDevice());
        out.u32(stat.blockSize());
        out.u32(caller.submount() ? SUBMOUNT : 0);
    }

    /// An answer to STATX: `struct fuse_statx_out`.
    static void statx(ReplyWriter out, FileStat stat, int seconds) {
        out.u64(seconds);
        out.u32(0);
        out.u32(0);
        out.zero(2 * Long.BYTES);
        out.u32(STATX_BASIC | (stat.birthKnown() ? STATX_BTIME : 0));
        out.u32(stat.blockSize());
        out.u64(0); // attributes
        out.u32((int) stat.links());
        out.u32(stat.uid());
        out.u32(stat.gid());
        out.u16(stat.mode());
        out.u16(0);
        out.u64(stat.inode());
        out.u64(stat.size());
        out.u64(stat.blocks());
        out.u64(0); // mask of attributes
        time(out, stat, Time.ACCESS);
        time(out, stat, Time.BIRTH);
        time(out, stat, Time.CHANGE);
        time(out, stat, Time.MODIFICATION);
        out.u32(major(stat.specialDevice()));
        out.u32(minor(stat.specialDevice()));
        out.u32(0); // of the guest's own device
        out.u32(0);
        out.zero(STATX_SPARE);
    }

    private static void time(ReplyWriter out, FileStat stat, Time which) {
        out.u64(stat.seconds(which));
        out.u32(stat.nanos(which));
        out.u32(0);
    }

    private static int major(int device) {
        return device >>> 8 & 0xfff;
    }

    private static int minor(int device) {
        return (device & 0xff) | (device >>> 12 & 0xfff00);
    }

    /// The type of a file in directory entries (`DT_`).
    static int entryType(FileStat stat) {
        return stat.type() >>> TYPE_SHIFT;
    }
}

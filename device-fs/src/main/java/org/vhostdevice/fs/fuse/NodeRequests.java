package org.vhostdevice.fs.fuse;

import java.lang.foreign.MemorySegment;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.FileCalls;
import org.vhostdevice.core.sys.NodeCalls;
import org.vhostdevice.fs.fuse.FuseOptions.Ability;
import org.vhostdevice.fs.vfs.AttributeChange;
import org.vhostdevice.fs.vfs.AttributeChange.TimeChange;
import org.vhostdevice.fs.vfs.FileSystem;
import org.vhostdevice.fs.vfs.FsException;

/// Requests about nodes: what they are, and what is known of them.
final class NodeRequests {
    private static final int HAS_HANDLE = 1;
    private static final int MAY_WRITE = 2;
    private static final int LINK_MAX = 4095;

    // struct fuse_setattr_in: bits of `valid`
    private static final int MODE = 1;
    private static final int UID = 1 << 1;
    private static final int GID = 1 << 2;
    private static final int SIZE = 1 << 3;
    private static final int ATIME = 1 << 4;
    private static final int MTIME = 1 << 5;
    private static final int HANDLE = 1 << 6;
    private static final int ATIME_NOW = 1 << 7;
    private static final int MTIME_NOW = 1 << 8;
    private static final int KILL_SUIDGID = 1 << 11;

    private static final int STATFS_SPARE = 24;

    private final FileSystem files;
    private final int seconds;
    private final int missingSeconds;
    private final boolean readOnly;

    NodeRequests(FileSystem files, FuseOptions options) {
        this.files = files;
        this.seconds = options.cache().seconds();
        this.missingSeconds = options.cache().missingSeconds();
        this.readOnly = options.has(Ability.READONLY);
    }

    void lookup(FuseCall call) throws FsException {
        MemorySegment name = call.in().name();
        long node;
        try {
            node = files.lookup(call.caller(), call.node(), name);
        } catch (FsException e) {
            if (e != FsException.of(Errno.ENOENT) || missingSeconds == 0) {
                throw e;
            }
            Attributes.missing(call.out(), missingSeconds);
            return;
        }
        Attributes.entry(call.out(), call.caller(), node, seconds);
    }

    void forget(FuseCall call) throws FsException {
        files.forget(call.node(), call.in().u64());
    }

    void batchForget(FuseCall call) throws FsException {
        RequestReader in = call.in();
        int count = in.size();
        in.skip(Integer.BYTES);
        for (int i = 0; i < count; i++) {
            long node = in.u64();
            files.forget(node, in.u64());
        }
    }

    void getattr(FuseCall call) throws FsException {
        files.getattr(call.caller(), call.node(), handle(call.in()));
        Attributes.answer(call.out(), call.caller(), seconds);
    }

    void statx(FuseCall call) throws FsException {
        files.getattr(call.caller(), call.node(), handle(call.in()));
        Attributes.statx(call.out(), call.caller().stat(), seconds);
    }

    private static long handle(RequestReader in) throws FsException {
        int flags = in.u32();
        in.skip(Integer.BYTES);
        long handle = in.u64();
        return (flags & HAS_HANDLE) == 0 ? FileSystem.NO_HANDLE : handle;
    }

    void setattr(FuseCall call) throws FsException {
        RequestReader in = call.in();
        int valid = in.u32();
        in.skip(Integer.BYTES);
        long handle = in.u64();
        long size = in.u64();
        in.skip(Long.BYTES); // lock_owner
        long atime = in.u64();
        long mtime = in.u64();
        in.skip(Long.BYTES); // ctime
        int atimeNanos = in.u32();
        int mtimeNanos = in.u32();
        in.skip(Integer.BYTES);
        int mode = in.u32();
        in.skip(Integer.BYTES);
        int uid = in.u32();
        int gid = in.u32();
        if ((valid & SIZE) != 0 && size < 0) {
            throw RequestReader.invalid();
        }
        AttributeChange change = new AttributeChange(
                what(valid),
                (valid & HANDLE) == 0 ? FileSystem.NO_HANDLE : handle,
                mode,
                uid,
                gid,
                size,
                time(valid, ATIME, ATIME_NOW, atime, atimeNanos),
                time(valid, MTIME, MTIME_NOW, mtime, mtimeNanos));
        files.setattr(call.caller(), call.node(), change);
        Attributes.answer(call.out(), call.caller(), seconds);
    }

    private static int what(int valid) {
        return ((valid & MODE) == 0 ? 0 : AttributeChange.MODE)
                | ((valid & UID) == 0 ? 0 : AttributeChange.UID)
                | ((valid & GID) == 0 ? 0 : AttributeChange.GID)
                | ((valid & SIZE) == 0 ? 0 : AttributeChange.SIZE)
                | ((valid & KILL_SUIDGID) == 0 ? 0 : AttributeChange.KILL_PRIVILEGES);
    }

    private static TimeChange time(int valid, int set, int now, long time, int nanos) throws FsException {
        if ((valid & now) != 0) {
            return new TimeChange(0, NodeCalls.NOW);
        }
        if ((valid & set) == 0) {
            return new TimeChange(0, NodeCalls.OMIT);
        }
        if (nanos < 0 || nanos > 999_999_999) {
            throw RequestReader.invalid();
        }
        return new TimeChange(time, nanos);
    }

    void readlink(FuseCall call) throws FsException {
        int room = call.room(LINK_MAX);
        if (room == 0) {
            throw RequestReader.invalid();
        }
        int bytes = files.readlink(call.caller(), call.node(), call.out().room(room));
        call.out().advance(bytes);
    }

    void access(FuseCall call) throws FsException {
        int mask = call.in().u32();
        if (readOnly && (mask & MAY_WRITE) != 0) {
            throw FsException.of(Errno.EROFS);
        }
        files.access(call.caller(), call.node(), mask);
    }

    void statfs(FuseCall call) throws FsException {
        FileCalls.FileSystemStat stat = files.statfs(call.caller(), call.node());
        ReplyWriter out = call.out();
        out.u64(stat.blocks());
        out.u64(stat.free());
        out.u64(stat.available());
        out.u64(stat.files());
        out.u64(stat.freeFiles());
        out.u32(stat.blockSize());
        out.u32(stat.nameMax());
        out.u32(stat.fragmentSize());
        out.u32(0);
        out.zero(STATFS_SPARE);
    }

    void syncfs(FuseCall call) throws FsException {
        files.syncfs(call.caller(), call.node());
    }
}

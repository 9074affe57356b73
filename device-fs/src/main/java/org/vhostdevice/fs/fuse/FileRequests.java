package org.vhostdevice.fs.fuse;

import java.lang.foreign.MemorySegment;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.fs.fuse.FuseOptions.Ability;
import org.vhostdevice.fs.vfs.Caller;
import org.vhostdevice.fs.vfs.FileSystem;
import org.vhostdevice.fs.vfs.FsException;

/// Requests about open files.
final class FileRequests {
    /// Bytes of a WRITE in front of the data, with the header.
    static final int WRITE_HEAD = RequestReader.HEADER + 40;

    // open(2) on Linux
    private static final int ACCESS_MODE = 3;
    private static final int TRUNCATE = 01000;

    // flags of requests
    private static final int OPEN_KILL_SUIDGID = 1;
    private static final int WRITE_KILL_SUIDGID = 1 << 2;
    private static final int DATA_ONLY = 1;

    private static final int SEEK_DATA = 3;
    private static final int SEEK_HOLE = 4;

    /// More than this cannot be told in the answer to COPY_FILE_RANGE.
    private static final int COPY_MAX = 0x7fff_f000;

    /// The largest argument that the number of an `ioctl(2)` can tell.
    private static final int IOCTL_MAX = 1 << 14;

    /// Set in the number of an `ioctl(2)` that gives something to the kernel.
    private static final int IOCTL_WRITE = 1 << 30;

    private final FileSystem files;
    private final Extensions extensions;
    private final CachePolicy cache;
    private final boolean readOnly;

    FileRequests(FileSystem files, FuseOptions options) {
        this.files = files;
        this.extensions = new Extensions(files);
        this.cache = options.cache();
        this.readOnly = options.has(Ability.READONLY);
    }

    private static boolean kills(FuseCall call, int flags) {
        return (flags & OPEN_KILL_SUIDGID) != 0 && call.session().has(InitFlag.HANDLE_KILLPRIV_V2);
    }

    void open(FuseCall call) throws FsException {
        int flags = call.in().u32();
        boolean kills = kills(call, call.in().u32());
        if (readOnly && ((flags & ACCESS_MODE) != 0 || (flags & TRUNCATE) != 0)) {
            throw FsException.of(Errno.EROFS);
        }
        opened(call, files.open(call.caller(), call.node(), flags, kills));
    }

    private void opened(FuseCall call, long handle) {
        ReplyWriter out = call.out();
        out.u64(handle);
        // With locks of the host, FLUSH is what ends those of a process.
        out.u32(cache.fileFlags() | (call.session().has(InitFlag.POSIX_LOCKS) ? 0 : OpenFlag.NOFLUSH));
        out.u32(0);
    }

    void create(FuseCall call) throws FsException {
        RequestReader in = call.in();
        int flags = in.u32();
        int mode = in.u32();
        NameRequests.mask(call, in.u32());
        boolean kills = kills(call, in.u32());
        MemorySegment name = in.name();
        extensions.group(call);
        made(call, files.create(call.caller(), call.node(), name, mode, flags, kills));
    }

    void tmpfile(FuseCall call) throws FsException {
        RequestReader in = call.in();
        int flags = in.u32();
        int mode = in.u32();
        NameRequests.mask(call, in.u32());
        in.skip(Integer.BYTES);
        if (in.remaining() > 0) {
            MemorySegment _ = in.text(RequestReader.NAME_MAX); // stands for no name
        }
        extensions.group(call);
        made(call, files.tmpfile(call.caller(), call.node(), mode, flags));
    }

    private void made(FuseCall call, long node) throws FsException {
        Caller caller = call.caller();
        long handle = caller.handle();
        Attributes.entry(call.out(), caller, node, cache.seconds());
        opened(call, handle);
        try {
            extensions.label(call, node);
        } catch (FsException e) {
            files.release(caller, node, handle);
            files.forget(node, 1);
            throw e;
        }
    }

    /// Reads into the guest's memory.
    ///
    /// @param mayWait whether it may wait for the medium
    /// @return false if it would have to wait, and may not
    boolean read(FuseCall call, boolean mayWait) throws FsException {
        RequestReader in = call.in();
        long handle = in.u64();
        long offset = in.u64();
        long size = Integer.toUnsignedLong(in.u32());
        long room = call.writable().length() - ReplyWriter.HEADER;
        int bytes = (int) Math.min(Math.min(size, room), Integer.MAX_VALUE);
        if (offset < 0 || bytes < 0) {
            throw RequestReader.invalid();
        }
        int done = files.read(call.caller(), handle, offset, call.writable(), ReplyWriter.HEADER, bytes, mayWait);
        if (done < 0) {
            return false;
        }
        call.direct(done);
        return true;
    }

    void write(FuseCall call) throws FsException {
        RequestReader in = call.in();
        long handle = in.u64();
        long offset = in.u64();
        int bytes = in.size();
        // Not only with HANDLE_KILLPRIV_V2: drivers rely on it for what they write past their page cache.
        boolean kills = (in.u32() & WRITE_KILL_SUIDGID) != 0;
        if (offset < 0 || bytes > call.readable().length() - WRITE_HEAD) {
            throw RequestReader.invalid();
        }
        int done = files.write(call.caller(), handle, offset, call.readable(), WRITE_HEAD, bytes, kills);
        call.out().u32(done);
        call.out().u32(0);
    }

    void flush(FuseCall call) throws FsException {
        RequestReader in = call.in();
        long handle = in.u64();
        in.skip(Long.BYTES);
        files.flush(call.caller(), call.node(), handle, in.u64());
    }

    void release(FuseCall call) throws FsException {
        files.release(call.caller(), call.node(), call.in().u64());
    }

    void fsync(FuseCall call) throws FsException {
        long handle = call.in().u64();
        files.fsync(call.caller(), call.node(), handle, (call.in().u32() & DATA_ONLY) != 0);
    }

    void fallocate(FuseCall call) throws FsException {
        RequestReader in = call.in();
        long handle = in.u64();
        long offset = in.u64();
        long length = in.u64();
        files.fallocate(call.caller(), handle, in.u32(), offset, length);
    }

    void lseek(FuseCall call) throws FsException {
        RequestReader in = call.in();
        long handle = in.u64();
        long offset = in.u64();
        int whence = in.u32();
        if (whence != SEEK_DATA && whence != SEEK_HOLE) {
            throw RequestReader.invalid();
        }
        call.out().u64(files.lseek(call.caller(), handle, offset, whence == SEEK_HOLE));
    }

    void copyFileRange(FuseCall call) throws FsException {
        call.out().u32((int) copy(call, COPY_MAX));
        call.out().u32(0);
    }

    void copyFileRange64(FuseCall call) throws FsException {
        call.out().u64(copy(call, Long.MAX_VALUE));
    }

    private long copy(FuseCall call, long most) throws FsException {
        RequestReader in = call.in();
        long handle = in.u64();
        long offset = in.u64();
        in.skip(Long.BYTES); // node of the file that is written
        long toHandle = in.u64();
        long toOffset = in.u64();
        long bytes = in.u64();
        if (offset < 0 || toOffset < 0 || in.u64() != 0) {
            throw RequestReader.invalid();
        }
        long count = bytes < 0 ? most : Math.min(bytes, most);
        return files.copyFileRange(call.caller(), handle, offset, toHandle, toOffset, count);
    }

    void ioctl(FuseCall call) throws FsException {
        RequestReader in = call.in();
        long handle = in.u64();
        in.skip(Integer.BYTES);
        int command = in.u32();
        in.skip(Long.BYTES);
        int inBytes = in.size();
        int outBytes = in.size();
        if (outBytes > IOCTL_MAX || call.writable().length() - ReplyWriter.HEADER - 16 < outBytes) {
            throw RequestReader.invalid();
        }
        if (readOnly && (command & IOCTL_WRITE) != 0) {
            throw FsException.of(Errno.EROFS);
        }
        MemorySegment given = in.take(inBytes);
        ReplyWriter out = call.out();
        out.reserve(16 + outBytes);
        out.zero(16); // result 0, no flags, no vectors
        int bytes = files.ioctl(call.caller(), call.node(), handle, command, given, out.room(outBytes));
        out.advance(bytes);
    }
}

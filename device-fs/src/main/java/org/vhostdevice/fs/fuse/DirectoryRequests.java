package org.vhostdevice.fs.fuse;

import org.vhostdevice.fs.vfs.FileSystem;
import org.vhostdevice.fs.vfs.FsException;

/// Requests about open directories.
final class DirectoryRequests {
    private static final int DATA_ONLY = 1;

    private final FileSystem files;
    private final CachePolicy cache;

    DirectoryRequests(FileSystem files, FuseOptions options) {
        this.files = files;
        this.cache = options.cache();
    }

    void opendir(FuseCall call) throws FsException {
        ReplyWriter out = call.out();
        out.u64(files.opendir(call.caller(), call.node()));
        out.u32(cache.directoryFlags());
        out.u32(0);
    }

    /// @param plus whether each entry is looked up
    void readdir(FuseCall call, boolean plus) throws FsException {
        RequestReader in = call.in();
        long handle = in.u64();
        long offset = in.u64();
        int bytes = call.room(in.size());
        call.out().reserve(bytes);
        DirectoryWriter sink = call.directory();
        sink.begin(bytes, plus, cache.seconds());
        files.readdir(call.caller(), call.node(), handle, offset, plus, sink);
    }

    void releasedir(FuseCall call) throws FsException {
        files.releasedir(call.caller(), call.in().u64());
    }

    void fsyncdir(FuseCall call) throws FsException {
        long handle = call.in().u64();
        files.fsync(call.caller(), call.node(), handle, (call.in().u32() & DATA_ONLY) != 0);
    }
}

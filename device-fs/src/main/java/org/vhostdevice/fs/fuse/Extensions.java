package org.vhostdevice.fs.fuse;

import java.lang.foreign.MemorySegment;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.fs.vfs.Caller;
import org.vhostdevice.fs.vfs.FileSystem;
import org.vhostdevice.fs.vfs.FsException;

/// What the guest says of a new file behind the arguments (`struct fuse_ext_header`): its security label, and a group
/// of
/// the caller that is the directory's.
final class Extensions {
    private static final int ALIGNMENT = 8;
    private static final int HEADER = 8;
    private static final int MAX_LABELS = 31;
    private static final int GROUPS = 32;
    private static final int VALUE_MAX = 65_536;

    private final FileSystem files;

    Extensions(FileSystem files) {
        this.files = files;
    }

    /// Whether the guest sends extensions at all. Before 7.38, it sends security labels without telling how long.
    private static boolean present(FuseCall call) {
        return call.session().has(InitFlag.SECURITY_CTX) || call.session().has(InitFlag.CREATE_SUPP_GROUP);
    }

    /// Takes up the group, and checks the rest. The position is behind the arguments; it stays.
    void group(FuseCall call) throws FsException {
        if (!present(call)) {
            return;
        }
        if (call.session().has(InitFlag.CREATE_SUPP_GROUP)) {
            call.caller().inNoOtherGroup();
        }
        RequestReader in = call.in();
        long began = in.position();
        while (in.remaining() >= HEADER) {
            long start = in.position();
            int size = in.size();
            int type = in.u32();
            if (size < HEADER) {
                throw RequestReader.invalid();
            }
            if (type == GROUPS && call.session().has(InitFlag.CREATE_SUPP_GROUP)) {
                int groups = in.size();
                if (groups > 0) {
                    call.caller().alsoIn(in.u32());
                }
            }
            next(in, start, size);
        }
        in.moveTo(began);
    }

    private static void next(RequestReader in, long start, int size) throws FsException {
        in.moveTo(start);
        in.skip(Math.min(in.remaining(), aligned(size)));
    }

    private static long aligned(long bytes) {
        return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    /// Gives a new file its label. The position is behind the arguments.
    ///
    /// @param node of the file
    /// @throws FsException if there is one and it cannot be set
    void label(FuseCall call, long node) throws FsException {
        if (!call.session().has(InitFlag.SECURITY_CTX)) {
            return;
        }
        RequestReader in = call.in();
        while (in.remaining() >= HEADER) {
            long start = in.position();
            int size = in.size();
            int labels = in.u32();
            if (size < HEADER) {
                throw RequestReader.invalid();
            }
            if (labels >= 0 && labels <= MAX_LABELS) {
                labels(call, node, labels);
            }
            next(in, start, size);
        }
    }

    private void labels(FuseCall call, long node, int count) throws FsException {
        RequestReader in = call.in();
        Caller caller = call.caller();
        for (int i = 0; i < count; i++) {
            long start = in.position();
            int bytes = in.size();
            in.skip(Integer.BYTES);
            MemorySegment name = in.text(RequestReader.NAME_MAX);
            if (bytes > VALUE_MAX) {
                throw FsException.of(Errno.E2BIG);
            }
            MemorySegment value = in.take(bytes);
            files.setxattr(caller, node, name, value, 0, false);
            long length = in.position() - start;
            in.skip(Math.min(in.remaining(), aligned(length) - length));
        }
    }
}

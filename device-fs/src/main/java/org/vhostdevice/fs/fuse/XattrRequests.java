package org.vhostdevice.fs.fuse;

import java.lang.foreign.MemorySegment;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.fs.fuse.FuseOptions.Ability;
import org.vhostdevice.fs.vfs.FileSystem;
import org.vhostdevice.fs.vfs.FsException;

/// Requests about extended attributes.
final class XattrRequests {
    private static final int NAME_MAX = 255;
    private static final int VALUE_MAX = 65_536;
    private static final int ACL_KILL_SGID = 1;

    private final FileSystem files;
    private final boolean allowed;

    XattrRequests(FileSystem files, FuseOptions options) {
        this.files = files;
        this.allowed = options.has(Ability.XATTR) || options.has(Ability.POSIX_ACL);
    }

    /// Without extended attributes, the guest is told so once and never asks again.
    private void check() throws FsException {
        if (!allowed) {
            throw FsException.of(Errno.ENOSYS);
        }
    }

    void setxattr(FuseCall call) throws FsException {
        RequestReader in = call.in();
        int size = in.size();
        int flags = in.u32();
        boolean kills = false;
        if (call.session().has(InitFlag.SETXATTR_EXT)) {
            kills = (in.u32() & ACL_KILL_SGID) != 0;
            in.skip(Integer.BYTES);
        }
        MemorySegment name = in.text(NAME_MAX);
        if (size > VALUE_MAX) {
            throw FsException.of(Errno.E2BIG);
        }
        MemorySegment value = in.take(size);
        check();
        files.setxattr(call.caller(), call.node(), name, value, flags, kills);
    }

    void getxattr(FuseCall call) throws FsException {
        int size = size(call);
        MemorySegment name = call.in().text(NAME_MAX);
        check();
        answer(
                call,
                size,
                files.getxattr(call.caller(), call.node(), name, call.out().room(size)));
    }

    void listxattr(FuseCall call) throws FsException {
        int size = size(call);
        check();
        answer(
                call,
                size,
                files.listxattr(call.caller(), call.node(), call.out().room(size)));
    }

    /// How many bytes the guest takes, for which there is room then; 0 if it asks for the length only.
    private static int size(FuseCall call) throws FsException {
        int wanted = call.in().size();
        call.in().skip(Integer.BYTES);
        int size = Math.min(call.room(wanted), VALUE_MAX);
        int least = wanted == 0 ? Long.BYTES : 1;
        if (call.room(least) < least) {
            throw RequestReader.invalid();
        }
        call.out().reserve(size);
        return size;
    }

    private static void answer(FuseCall call, int size, int bytes) {
        if (size == 0) {
            call.out().u32(bytes);
            call.out().u32(0);
        } else {
            call.out().advance(bytes);
        }
    }

    void removexattr(FuseCall call) throws FsException {
        MemorySegment name = call.in().text(NAME_MAX);
        check();
        files.removexattr(call.caller(), call.node(), name);
    }
}

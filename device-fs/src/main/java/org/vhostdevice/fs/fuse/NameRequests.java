package org.vhostdevice.fs.fuse;

import java.lang.foreign.MemorySegment;
import org.vhostdevice.fs.vfs.FileSystem;
import org.vhostdevice.fs.vfs.FsException;

/// Requests that change names in directories.
final class NameRequests {
    private static final int PERMISSIONS = 0777;
    private static final int LINK_MAX = 4095;

    private final FileSystem files;
    private final Extensions extensions;
    private final int seconds;

    NameRequests(FileSystem files, FuseOptions options) {
        this.files = files;
        this.extensions = new Extensions(files);
        this.seconds = options.cache().seconds();
    }

    /// Takes up a umask, which is for the host to apply if the guest does not.
    static void mask(FuseCall call, int umask) {
        call.caller().masked(call.session().has(InitFlag.DONT_MASK) ? umask & PERMISSIONS : 0);
    }

    void symlink(FuseCall call) throws FsException {
        MemorySegment name = call.in().name();
        MemorySegment target = call.in().text(LINK_MAX);
        extensions.group(call);
        entry(call, name, false, files.symlink(call.caller(), call.node(), name, target));
    }

    void mknod(FuseCall call) throws FsException {
        RequestReader in = call.in();
        int mode = in.u32();
        int device = in.u32();
        mask(call, in.u32());
        in.skip(Integer.BYTES);
        MemorySegment name = in.name();
        extensions.group(call);
        entry(call, name, false, files.mknod(call.caller(), call.node(), name, mode, device));
    }

    void mkdir(FuseCall call) throws FsException {
        RequestReader in = call.in();
        int mode = in.u32();
        mask(call, in.u32());
        MemorySegment name = in.name();
        extensions.group(call);
        entry(call, name, true, files.mkdir(call.caller(), call.node(), name, mode));
    }

    /// Labels a new file and answers; without its label, it goes again.
    private void entry(FuseCall call, MemorySegment name, boolean directory, long node) throws FsException {
        Attributes.entry(call.out(), call.caller(), node, seconds);
        try {
            extensions.label(call, node);
        } catch (FsException e) {
            undo(call, name, directory);
            files.forget(node, 1);
            throw e;
        }
    }

    private void undo(FuseCall call, MemorySegment name, boolean directory) {
        try {
            if (directory) {
                files.rmdir(call.caller(), call.node(), name);
            } else {
                files.unlink(call.caller(), call.node(), name);
            }
        } catch (FsException _) {
            // somebody else has changed it meanwhile
        }
    }

    void unlink(FuseCall call) throws FsException {
        files.unlink(call.caller(), call.node(), call.in().name());
    }

    void rmdir(FuseCall call) throws FsException {
        files.rmdir(call.caller(), call.node(), call.in().name());
    }

    void rename(FuseCall call) throws FsException {
        long newParent = call.in().u64();
        rename(call, newParent, 0);
    }

    void rename2(FuseCall call) throws FsException {
        long newParent = call.in().u64();
        int flags = call.in().u32();
        call.in().skip(Integer.BYTES);
        rename(call, newParent, flags);
    }

    private void rename(FuseCall call, long newParent, int flags) throws FsException {
        MemorySegment name = call.in().name();
        MemorySegment newName = call.in().name();
        files.rename(call.caller(), call.node(), name, newParent, newName, flags);
    }

    void link(FuseCall call) throws FsException {
        long node = call.in().u64();
        MemorySegment name = call.in().name();
        long linked = files.link(call.caller(), node, call.node(), name);
        Attributes.entry(call.out(), call.caller(), linked, seconds);
    }
}

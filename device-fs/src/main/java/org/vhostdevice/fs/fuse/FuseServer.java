package org.vhostdevice.fs.fuse;

import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.memory.IoBuffers;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.fs.fuse.FuseOptions.Ability;
import org.vhostdevice.fs.vfs.FileSystem;
import org.vhostdevice.fs.vfs.FsException;

/// Serves the requests of a guest's file system (FUSE 7.27 to 7.45), by several threads at once. Nothing that a guest
/// can put into a request throws; it costs an answer with an error.
public final class FuseServer {
    /// The most bytes of a request that are looked at, without data of WRITE.
    private static final int MAX_REQUEST = 256 << 10;

    /// No operation with arguments of fixed length has more, with the header.
    private static final int SHORT_REQUEST = 96;

    // open(2) on Linux: O_DSYNC, and O_DIRECT by the numbers of x86 and of ARM
    private static final int DSYNC = 0x1000;
    private static final int DIRECT = 0x1_4000;
    private static final int WRITE_FLAGS = RequestReader.HEADER + 32;

    private final FileSystem files;
    private final InitRequests init;
    private final NodeRequests nodes;
    private final NameRequests names;
    private final FileRequests open;
    private final DirectoryRequests directories;
    private final XattrRequests xattrs;
    private final LockRequests locks;
    private final boolean readOnly;
    private final int waitingWrites;
    private volatile Session session = Session.NONE;

    /// Makes a server, which waits for INIT.
    ///
    /// @param files what it serves
    /// @param options what is allowed
    public FuseServer(FileSystem files, FuseOptions options) {
        this.files = files;
        init = new InitRequests(options);
        nodes = new NodeRequests(files, options);
        names = new NameRequests(files, options);
        open = new FileRequests(files, options);
        directories = new DirectoryRequests(files, options);
        xattrs = new XattrRequests(files, options);
        locks = new LockRequests(files);
        readOnly = options.has(Ability.READONLY);
        waitingWrites = DSYNC | (options.has(Ability.DIRECT_IO) ? DIRECT : 0);
    }

    /// Takes up a request: copies all of it but file data, and looks at its header.
    ///
    /// @param call takes it
    /// @param readable the request, in the guest's memory
    /// @param writable where the answer goes, in the guest's memory
    /// @return whether it usually waits for the host's medium
    public boolean accept(FuseCall call, IoBuffers readable, IoBuffers writable) {
        call.begin(session, readable, writable);
        long length = readable.length();
        if (length < RequestReader.HEADER) {
            call.silence(); // it has no number that an answer could bear
            return false;
        }
        RequestReader in = call.in();
        in.copy(readable, (int) Math.min(length, SHORT_REQUEST));
        try {
            header(call, length);
            Opcode opcode = call.opcode();
            if (call.failed() || opcode == null) {
                return false;
            }
            if (!opcode.isShort()) {
                in.copyRest(readable, (int) length);
            }
            return waits(call, opcode);
        } catch (FsException e) {
            call.failLinux(e.errno());
            return false;
        }
    }

    private static void header(FuseCall call, long length) throws FsException {
        RequestReader in = call.in();
        int said = in.u32();
        int number = in.u32();
        if (number == Integer.reverseBytes(Opcode.INIT.number())) {
            Session now = call.session();
            call.in(new Session(now.begun(), !in.swapped(), now.minor(), now.flags()));
            said = Integer.reverseBytes(said);
            number = Opcode.INIT.number();
        }
        Opcode opcode = Opcode.of(number);
        long unique = in.u64();
        long node = in.u64();
        int uid = in.u32();
        int gid = in.u32();
        call.header(opcode, unique, node);
        call.caller().begin(uid, gid);
        check(call, opcode, length, said);
    }

    private static void check(FuseCall call, @Nullable Opcode opcode, long length, int said) {
        if (opcode == null) {
            call.fail(Errno.ENOSYS);
            return;
        }
        boolean sound = said == length
                && length - RequestReader.HEADER >= opcode.leastArguments()
                && (opcode.isShort() || length <= MAX_REQUEST)
                && (opcode.silent() || call.writable().length() - ReplyWriter.HEADER >= opcode.leastAnswer());
        if (!sound) {
            call.fail(Errno.EINVAL);
        }
    }

    private boolean waits(FuseCall call, Opcode opcode) throws FsException {
        if (opcode == Opcode.WRITE) {
            RequestReader in = call.in();
            long at = in.position();
            in.moveTo(WRITE_FLAGS);
            int flags = in.u32();
            in.moveTo(at);
            return (flags & waitingWrites) != 0;
        }
        return opcode.waits();
    }

    /// Does what a request asks for, and prepares its answer.
    ///
    /// @param call a request that was taken up
    /// @param mayWait whether it may wait for the host's medium
    /// @return false if it has not been done: it would have to wait, and may not; or it is [Opcode#SETLKW], and
    ///     somebody else has the lock. It can be served again.
    public boolean serve(FuseCall call, boolean mayWait) {
        Opcode opcode = call.opcode();
        if (call.failed() || opcode == null) {
            return true;
        }
        try {
            call.in().moveTo(RequestReader.HEADER);
            if (opcode == Opcode.INIT) {
                init(call);
                return true;
            }
            if (!call.session().begun()) {
                throw FsException.of(Errno.EIO);
            }
            if (readOnly && opcode.modifies()) {
                throw FsException.of(Errno.EROFS);
            }
            return switch (opcode) {
                case READ -> open.read(call, mayWait);
                case SETLK -> locks.setlk(call, false);
                case SETLKW -> locks.setlk(call, true);
                default -> {
                    serve(call, opcode);
                    yield true;
                }
            };
        } catch (FsException e) {
            call.failLinux(e.errno());
            return true;
        }
    }

    private void init(FuseCall call) throws FsException {
        Session agreed = init.init(call);
        if (agreed.begun()) {
            files.reset();
            session = agreed;
        }
    }

    private void serve(FuseCall call, Opcode opcode) throws FsException {
        switch (opcode) {
            case LOOKUP -> nodes.lookup(call);
            case FORGET -> nodes.forget(call);
            case BATCH_FORGET -> nodes.batchForget(call);
            case GETATTR -> nodes.getattr(call);
            case SETATTR -> nodes.setattr(call);
            case STATX -> nodes.statx(call);
            case READLINK -> nodes.readlink(call);
            case ACCESS -> nodes.access(call);
            case STATFS -> nodes.statfs(call);
            case SYNCFS -> nodes.syncfs(call);
            case SYMLINK -> names.symlink(call);
            case MKNOD -> names.mknod(call);
            case MKDIR -> names.mkdir(call);
            case UNLINK -> names.unlink(call);
            case RMDIR -> names.rmdir(call);
            case RENAME -> names.rename(call);
            case RENAME2 -> names.rename2(call);
            case LINK -> names.link(call);
            case OPENDIR -> directories.opendir(call);
            case READDIR -> directories.readdir(call, false);
            case READDIRPLUS -> directories.readdir(call, true);
            case RELEASEDIR -> directories.releasedir(call);
            case FSYNCDIR -> directories.fsyncdir(call);
            case SETXATTR -> xattrs.setxattr(call);
            case GETXATTR -> xattrs.getxattr(call);
            case LISTXATTR -> xattrs.listxattr(call);
            case REMOVEXATTR -> xattrs.removexattr(call);
            case GETLK -> locks.getlk(call);
            case INTERRUPT -> call.target(call.in().u64());
            case DESTROY -> reset();
            default -> serveOpen(call, opcode);
        }
    }

    private void serveOpen(FuseCall call, Opcode opcode) throws FsException {
        switch (opcode) {
            case OPEN -> open.open(call);
            case CREATE -> open.create(call);
            case TMPFILE -> open.tmpfile(call);
            case WRITE -> open.write(call);
            case FLUSH -> open.flush(call);
            case RELEASE -> open.release(call);
            case FSYNC -> open.fsync(call);
            case FALLOCATE -> open.fallocate(call);
            case LSEEK -> open.lseek(call);
            case COPY_FILE_RANGE -> open.copyFileRange(call);
            case COPY_FILE_RANGE_64 -> open.copyFileRange64(call);
            case IOCTL -> open.ioctl(call);
            default -> throw FsException.of(Errno.ENOSYS);
        }
    }

    /// Ends the session: nothing is left of what the guest has looked up and opened.
    public void reset() {
        session = Session.NONE;
        files.reset();
    }
}

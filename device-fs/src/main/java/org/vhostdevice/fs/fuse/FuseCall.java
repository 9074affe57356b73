package org.vhostdevice.fs.fuse;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.memory.IoBuffers;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.fs.vfs.Caller;

/// A request on its way through the server: a copy of all of it but file data, and its answer. Objects are used again.
/// One thread at a time.
public final class FuseCall {
    private static final int OK = 0;

    private final Caller caller = new Caller();
    private final RequestReader in = new RequestReader();
    private final ReplyWriter out = new ReplyWriter();
    private final DirectoryWriter directory = new DirectoryWriter(out, caller);
    private Session session = Session.NONE;
    private @Nullable IoBuffers readable;
    private @Nullable IoBuffers writable;
    private @Nullable Opcode opcode;
    private long unique;
    private long node;
    private int errno;
    private long direct;
    private long target;
    private boolean silent;

    /// Makes an object without a request.
    public FuseCall() {}

    /// Takes up a request.
    void begin(Session now, IoBuffers from, IoBuffers into) {
        session = now;
        readable = from;
        writable = into;
        opcode = null;
        unique = 0;
        node = 0;
        errno = OK;
        direct = 0;
        target = 0;
        silent = false;
        in.swap(now.bigEndian());
        out.begin(now.bigEndian());
    }

    /// Takes up what the header says.
    void header(@Nullable Opcode what, long number, long about) {
        opcode = what;
        unique = number;
        node = about;
        silent = what != null && what.silent();
    }

    /// Fails, without having been done.
    ///
    /// @param error the answer
    public void fail(Errno error) {
        failLinux(Errno.linux(error.number()));
    }

    /// Fails.
    ///
    /// @param number of Linux
    void failLinux(int number) {
        errno = number;
        direct = 0;
        out.rewind();
    }

    boolean failed() {
        return errno != OK;
    }

    /// Has no answer.
    void silence() {
        silent = true;
    }

    /// Belongs to another session, whose numbers may be of the other kind.
    void in(Session other) {
        session = other;
        in.swap(other.bigEndian());
        out.begin(other.bigEndian());
    }

    Session session() {
        return session;
    }

    Caller caller() {
        return caller;
    }

    RequestReader in() {
        return in;
    }

    ReplyWriter out() {
        return out;
    }

    DirectoryWriter directory() {
        return directory;
    }

    IoBuffers readable() {
        return Objects.requireNonNull(readable);
    }

    IoBuffers writable() {
        return Objects.requireNonNull(writable);
    }

    /// {@return what it asks for; null if that is not served}
    public @Nullable Opcode opcode() {
        return opcode;
    }

    /// {@return its number}
    public long unique() {
        return unique;
    }

    long node() {
        return node;
    }

    /// {@return the number of the request whose wait INTERRUPT ends}
    public long target() {
        return target;
    }

    void target(long other) {
        target = other;
    }

    /// How many bytes an answer may have behind its header.
    ///
    /// @param wanted as many as the guest asks for
    int room(int wanted) {
        long most = Math.min(writable().length() - ReplyWriter.HEADER, ReplyWriter.MAX_BODY);
        return (int) Math.max(0, Math.min(wanted, most));
    }

    /// Bytes were put behind the answer's header in the guest's memory.
    void direct(long bytes) {
        direct = bytes;
    }

    /// Gives the answer to the guest. Only the thread that may touch the guest's memory.
    ///
    /// @return bytes written, 0 if the request has no answer or there is no room for one
    public long answer() {
        IoBuffers into = writable();
        if (silent || into.length() < ReplyWriter.HEADER) {
            return 0;
        }
        long length = out.length() + direct;
        out.header(length, errno, unique);
        into.write(0, out.bytes(), out.length());
        return length;
    }

    /// Forgets the request and the guest's memory.
    public void end() {
        readable = null;
        writable = null;
    }
}

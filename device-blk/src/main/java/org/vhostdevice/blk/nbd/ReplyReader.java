package org.vhostdevice.blk.nbd;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Reads the replies of one connection, checks them against the requests that they answer, and puts into these what
/// they say (NBD, "Transmission"). Used by one thread.
final class ReplyReader {
    /// What [#next] returns if the message did not complete an answer.
    static final long MORE = 0;

    private static final int ERROR_BYTES = Integer.BYTES + Short.BYTES;
    private static final long MAX_ERROR_BYTES = NbdUri.MAX_STRING_BYTES + 64;
    private static final int STATUS_BYTES = 3 * Integer.BYTES;
    private static final int HOLE_BYTES = Long.BYTES + Integer.BYTES;

    /// Finds requests.
    @FunctionalInterface
    interface Requests {
        /// The request under way that has a cookie, never [#MORE]; null if none has.
        @Nullable
        Request find(long cookie);
    }

    private final Inbound in;
    private final Export.Replies form;
    private final Requests requests;

    ReplyReader(Inbound in, Export.Replies form, Requests requests) {
        this.in = in;
        this.form = form;
        this.requests = requests;
    }

    /// Waits for the next message and reads it.
    ///
    /// @return the cookie of the request whose answer is complete, [#MORE] if more of it is to come
    /// @throws IOException if the connection ends, or must end
    long next() throws IOException {
        int magic = in.i32();
        if (magic == Nbd.SIMPLE_REPLY_MAGIC) {
            return simple();
        }
        if (magic == Nbd.STRUCTURED_REPLY_MAGIC && form.structured()) {
            return chunk();
        }
        throw new ProtocolViolation("a reply with the magic number 0x" + Integer.toHexString(magic));
    }

    private long simple() throws IOException {
        int error = in.i32();
        long cookie = in.i64();
        Request request = request(cookie);
        if (form.structured() && request.command() == Command.READ) {
            throw new ProtocolViolation("a simple reply to a read");
        }
        if (error != 0) {
            request.fail(NbdError.of(error), "");
        } else if (request.command() == Command.BLOCK_STATUS) {
            throw new ProtocolViolation("a block status without one");
        } else if (request.command() == Command.READ) {
            in.copy(request.payload(), 0, request.length());
        }
        return cookie;
    }

    private long chunk() throws IOException {
        int flags = in.u16();
        int type = in.u16();
        long cookie = in.i64();
        long length = in.u32();
        Request request = request(cookie);
        boolean done = (flags & Nbd.REPLY_FLAG_DONE) != 0;
        if ((type & Nbd.REPLY_TYPE_ERROR) != 0) {
            error(request, type, length);
        } else {
            content(request, type, length, done);
        }
        if (!done) {
            return MORE;
        }
        if (request.errorKind() == null && !isComplete(request)) {
            throw new ProtocolViolation("an answer that is not complete to " + request);
        }
        return cookie;
    }

    private static boolean isComplete(Request request) {
        return switch (request.command()) {
            case READ -> request.cover().count() == request.length();
            case BLOCK_STATUS -> request.statusBytes() > 0;
            case WRITE, FLUSH, TRIM, WRITE_ZEROES -> true;
        };
    }

    private Request request(long cookie) throws IOException {
        Request request = cookie == MORE ? null : requests.find(cookie);
        if (request == null) {
            throw new ProtocolViolation("a reply to no request");
        }
        return request;
    }

    private void content(Request request, int type, long length, boolean done) throws IOException {
        if (type == Nbd.REPLY_TYPE_NONE && length == 0 && done) {
            return;
        }
        Command command = request.command();
        if (type == Nbd.REPLY_TYPE_OFFSET_DATA && command == Command.READ && length > Long.BYTES) {
            long bytes = length - Long.BYTES;
            in.copy(request.payload(), place(request, in.i64(), bytes), bytes);
        } else if (type == Nbd.REPLY_TYPE_OFFSET_HOLE && command == Command.READ && length == HOLE_BYTES) {
            long offset = in.i64();
            long bytes = in.u32();
            var _ = request.payload()
                    .asSlice(place(request, offset, bytes), bytes)
                    .fill((byte) 0);
        } else if (type == Nbd.REPLY_TYPE_BLOCK_STATUS && command == Command.BLOCK_STATUS && length == STATUS_BYTES) {
            status(request);
        } else {
            throw new ProtocolViolation("a chunk of type " + type + " with " + length + " bytes for " + request);
        }
    }

    /// Where a part of what is read lies in the payload; notes that it has come.
    private static long place(Request request, long offset, long bytes) throws IOException {
        long start = offset - request.offset();
        if (start < 0 || bytes < 1 || start > request.length() || bytes > request.length() - start) {
            throw new ProtocolViolation("bytes outside " + request);
        }
        if (!request.cover().add((int) start, (int) bytes)) {
            throw new ProtocolViolation("the same bytes twice for " + request);
        }
        return start;
    }

    private void status(Request request) throws IOException {
        int context = in.i32();
        long bytes = in.u32();
        int status = in.i32();
        if (context != form.context() || bytes == 0 || request.statusBytes() > 0) {
            throw new ProtocolViolation(
                    "a block status of " + bytes + " bytes for context " + Integer.toUnsignedString(context));
        }
        request.setStatus(status, Math.min(bytes, request.length()));
    }

    private void error(Request request, int type, long length) throws IOException {
        if (length < ERROR_BYTES || length > MAX_ERROR_BYTES) {
            throw new ProtocolViolation("an error chunk of " + length + " bytes");
        }
        int error = in.i32();
        int textBytes = in.u16();
        long left = length - ERROR_BYTES - textBytes;
        if (error == 0 || left < 0) {
            throw new ProtocolViolation("error " + error + " with a text of " + textBytes + " bytes");
        }
        String text = new String(in.bytes(textBytes), StandardCharsets.UTF_8);
        if (type == Nbd.REPLY_TYPE_ERROR_OFFSET) {
            left -= place(request, left);
        }
        in.skip(left);
        request.fail(NbdError.of(error), text);
    }

    /// Reads and checks where an error happened, which is of no use to a caller that gets all or nothing.
    private int place(Request request, long left) throws IOException {
        if (left < Long.BYTES) {
            throw new ProtocolViolation("an error chunk without its offset");
        }
        long at = in.i64() - request.offset();
        if (at < 0 || at > request.length()) {
            throw new ProtocolViolation("an error outside " + request);
        }
        return Long.BYTES;
    }
}

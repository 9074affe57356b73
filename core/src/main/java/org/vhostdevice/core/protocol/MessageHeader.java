package org.vhostdevice.core.protocol;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// The header in front of every vhost-user message: three 32-bit words in host byte order.
///
/// @param request id of the message, in the table of its direction ([FrontendRequest] or [BackendRequest])
/// @param flags   bits 0-1 version, bit 2 reply, bit 3 need_reply
/// @param size    payload bytes that follow, as an unsigned number
public record MessageHeader(int request, int flags, int size) {

    /// Size of a header on the wire.
    public static final int BYTES = 12;

    /// The longest payload that is accepted: more than any legal message needs, little enough to keep one buffer a
    /// connection. A header that announces more ends the connection.
    public static final int MAX_PAYLOAD = 4096;

    /// The most descriptors that a message may carry.
    public static final int MAX_DESCRIPTORS = 8;

    /// The only protocol version there is.
    public static final int VERSION = 1;

    /// Flag bits that hold the version.
    public static final int VERSION_MASK = 3;

    /// Flag of a reply.
    public static final int REPLY = 1 << 2;

    /// Flag of a request whose sender wants an acknowledgement (REPLY_ACK).
    public static final int NEED_REPLY = 1 << 3;

    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;

    /// Header of a request.
    ///
    /// @param request   message id
    /// @param size      payload bytes
    /// @param needReply whether an acknowledgement is asked for
    /// @return the header
    public static MessageHeader request(int request, int size, boolean needReply) {
        return new MessageHeader(request, needReply ? VERSION | NEED_REPLY : VERSION, size);
    }

    /// Header of a reply; its flags are exactly version and reply, as front ends compare the whole word.
    ///
    /// @param request id of the message that is answered
    /// @param size    payload bytes
    /// @return the header
    public static MessageHeader reply(int request, int size) {
        return new MessageHeader(request, VERSION | REPLY, size);
    }

    /// Reads the twelve bytes at the start of `from`; any bit pattern is accepted here.
    ///
    /// @param from at least [#BYTES] bytes that nobody else changes
    /// @return the header as sent
    public static MessageHeader read(MemorySegment from) {
        return new MessageHeader(from.get(U32, 0), from.get(U32, 4), from.get(U32, 8));
    }

    /// Writes this header to the start of `into`.
    ///
    /// @param into at least [#BYTES] bytes
    public void write(MemorySegment into) {
        write(into, request, flags, size);
    }

    /// Writes a header without making a record of it, for the senders of notifications.
    ///
    /// @param into    at least [#BYTES] bytes
    /// @param request message id
    /// @param flags   version and flag bits
    /// @param size    payload bytes
    public static void write(MemorySegment into, int request, int flags, int size) {
        into.set(U32, 0, request);
        into.set(U32, 4, flags);
        into.set(U32, 8, size);
    }

    /// {@return whether this is a reply}
    public boolean isReply() {
        return (flags & REPLY) != 0;
    }

    /// {@return whether the sender wants an acknowledgement}
    public boolean needReply() {
        return (flags & NEED_REPLY) != 0;
    }

    /// Checks that this can be the header of a request: version 1, not a reply, payload within [#MAX_PAYLOAD].
    ///
    /// @throws ProtocolException fatal, because nothing after such a header can be trusted to be a message
    public void checkRequest() throws ProtocolException {
        checkFraming();
        if (isReply()) {
            throw ProtocolException.fatal("reply flag set in request " + describe());
        }
    }

    /// Checks that this is the header of the reply to a message: same id, flags exactly version and reply.
    ///
    /// @param expected id of the message that was sent
    /// @throws ProtocolException fatal, because the two sides have lost step
    public void checkReplyTo(int expected) throws ProtocolException {
        checkFraming();
        if (request != expected || flags != (VERSION | REPLY)) {
            throw ProtocolException.fatal("not the reply to request " + expected + ": " + describe());
        }
    }

    private void checkFraming() throws ProtocolException {
        if ((flags & VERSION_MASK) != VERSION) {
            throw ProtocolException.fatal("protocol version is not 1 in " + describe());
        }
        if (Integer.compareUnsigned(size, MAX_PAYLOAD) > 0) {
            throw ProtocolException.fatal("payload longer than " + MAX_PAYLOAD + " bytes in " + describe());
        }
    }

    private String describe() {
        return "message " + Integer.toUnsignedString(request) + " (flags 0x" + Integer.toHexString(flags) + ", "
                + Integer.toUnsignedString(size) + " bytes)";
    }
}

package org.vhostdevice.core.transport;

import java.lang.foreign.MemorySegment;
import org.vhostdevice.core.protocol.BackendRequest;
import org.vhostdevice.core.protocol.FrontendRequest;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.MessageCodec;
import org.vhostdevice.core.protocol.MessageHeader;
import org.vhostdevice.core.protocol.ProtocolException;
import org.vhostdevice.core.sys.FdBox;
import org.vhostdevice.core.sys.OwnedFd;

/// A whole message: its header, its payload and the descriptors that came with it.
///
/// It owns its descriptors until they are taken; those left are closed with it. For one thread.
public final class ReceivedMessage implements AutoCloseable {
    private final MessageHeader header;
    private final MemorySegment payload;
    private final FdBox descriptors;
    private final boolean wellFramed;

    /// @param wellFramed whether all descriptors came with the header, and not too many
    ReceivedMessage(MessageHeader header, MemorySegment payload, FdBox descriptors, boolean wellFramed) {
        this.header = header;
        this.payload = payload;
        this.descriptors = descriptors;
        this.wellFramed = wellFramed;
    }

    /// {@return the header as sent}
    public MessageHeader header() {
        return header;
    }

    /// {@return the request of a front end that the header names, or [FrontendRequest#UNKNOWN]}
    public FrontendRequest request() {
        return FrontendRequest.of(header.request());
    }

    /// Decodes the payload of a front end's request and checks the number of descriptors.
    ///
    /// @return the payload as a record of the shape that [#request()] has
    /// @throws ProtocolException not fatal, if payload or descriptors do not fit the request
    public Message message() throws ProtocolException {
        checkFraming();
        FrontendRequest request = request();
        Message message = MessageCodec.decode(request, payload);
        request.descriptors().check(request, message, descriptors.size());
        return message;
    }

    /// Decodes the payload of an acknowledgement.
    ///
    /// @param request what it answers
    /// @return a number ([Message#ACK] is success)
    /// @throws ProtocolException not fatal, if the payload does not fit the request
    Message replyTo(BackendRequest request) throws ProtocolException {
        checkFraming();
        return MessageCodec.decodeReply(request, payload);
    }

    private void checkFraming() throws ProtocolException {
        if (!wellFramed) {
            throw ProtocolException.refused(
                    "descriptors came with the payload, or more than " + MessageHeader.MAX_DESCRIPTORS + " of them");
        }
    }

    /// {@return how many descriptors are left}
    public int descriptorCount() {
        return descriptors.size();
    }

    /// Takes the first of the descriptors left; the caller owns it from now on.
    ///
    /// @return the descriptor
    /// @throws java.util.NoSuchElementException if none is left
    public OwnedFd takeDescriptor() {
        return descriptors.take();
    }

    /// Closes the descriptors that were not taken.
    @Override
    public void close() {
        descriptors.close();
    }

    @Override
    public String toString() {
        return header + " with " + descriptors.size() + " descriptors";
    }
}

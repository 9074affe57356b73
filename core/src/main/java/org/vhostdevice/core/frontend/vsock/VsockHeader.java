package org.vhostdevice.core.frontend.vsock;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// The header of a packet (VIRTIO 1.4, 5.10.6). Unsigned numbers are kept in as many bits as they have.
///
/// @param source      the sender
/// @param destination the receiver
/// @param length      bytes of data behind the header
/// @param type        of the socket, 16 bits
/// @param operation   what the packet is for, 16 bits
/// @param flags       of the operation
/// @param credit      the sender's receive buffer
public record VsockHeader(
        Address source, Address destination, int length, int type, int operation, int flags, Credit credit) {
    /// Bytes of a header.
    public static final int BYTES = 44;

    private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final int DESTINATION_CID = 8;
    private static final int SOURCE_PORT = 16;
    private static final int DESTINATION_PORT = 20;
    private static final int LENGTH = 24;
    private static final int TYPE = 28;
    private static final int OPERATION = 30;
    private static final int FLAGS = 32;
    private static final int SPACE = 36;
    private static final int FORWARDED = 40;

    /// One end of a connection.
    ///
    /// @param cid  context id
    /// @param port port, 32 bits
    public record Address(long cid, int port) {}

    /// What a sender says of its receive buffer.
    ///
    /// @param space     `buf_alloc`: its bytes
    /// @param forwarded `fwd_cnt`: bytes taken out of it, modulo 2^32
    public record Credit(int space, int forwarded) {
        /// No buffer at all.
        public static final Credit NONE = new Credit(0, 0);
    }

    /// Reads a header.
    ///
    /// @param from at least [#BYTES] bytes
    /// @return the header
    public static VsockHeader read(MemorySegment from) {
        return new VsockHeader(
                new Address(from.get(LE64, 0), from.get(LE32, SOURCE_PORT)),
                new Address(from.get(LE64, DESTINATION_CID), from.get(LE32, DESTINATION_PORT)),
                from.get(LE32, LENGTH),
                Short.toUnsignedInt(from.get(LE16, TYPE)),
                Short.toUnsignedInt(from.get(LE16, OPERATION)),
                from.get(LE32, FLAGS),
                new Credit(from.get(LE32, SPACE), from.get(LE32, FORWARDED)));
    }

    /// Writes the header.
    ///
    /// @param into at least [#BYTES] bytes
    public void write(MemorySegment into) {
        into.set(LE64, 0, source.cid);
        into.set(LE64, DESTINATION_CID, destination.cid);
        into.set(LE32, SOURCE_PORT, source.port);
        into.set(LE32, DESTINATION_PORT, destination.port);
        into.set(LE32, LENGTH, length);
        into.set(LE16, TYPE, (short) type);
        into.set(LE16, OPERATION, (short) operation);
        into.set(LE32, FLAGS, flags);
        into.set(LE32, SPACE, credit.space);
        into.set(LE32, FORWARDED, credit.forwarded);
    }

    /// The first little-endian word of a buffer.
    static int word(MemorySegment from) {
        return from.get(LE32, 0);
    }

    /// Changes the socket type.
    ///
    /// @param other 16 bits
    /// @return the changed copy
    public VsockHeader withType(int other) {
        return new VsockHeader(source, destination, length, other, operation, flags, credit);
    }

    /// Changes the length.
    ///
    /// @param other bytes of data behind the header
    /// @return the changed copy
    public VsockHeader withLength(int other) {
        return new VsockHeader(source, destination, other, type, operation, flags, credit);
    }

    /// Changes what is said of the receive buffer.
    ///
    /// @param other the sender's buffer
    /// @return the changed copy
    public VsockHeader withCredit(Credit other) {
        return new VsockHeader(source, destination, length, type, operation, flags, other);
    }

    /// Changes the operation.
    ///
    /// @param other 16 bits
    /// @param set   its flags
    /// @return the changed copy
    public VsockHeader withOperation(int other, int set) {
        return new VsockHeader(source, destination, length, type, other, set, credit);
    }

    /// {@return the header of an answer: the other way, with operation 0, without data and without credit}
    public VsockHeader answer() {
        return new VsockHeader(/* source= */ destination, /* destination= */ source, 0, type, 0, 0, Credit.NONE);
    }

    /// Tells whether this packet comes from where another one went.
    ///
    /// @param sent the other packet
    /// @return whether it does
    public boolean answers(VsockHeader sent) {
        return source.equals(sent.destination) && destination.equals(sent.source);
    }
}

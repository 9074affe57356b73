package org.vhostdevice.blk.nbd;

import java.io.IOException;

/// What a server has said about an export in the handshake of one connection.
///
/// @param bytes its size, at least 1
/// @param flags the transmission flags
/// @param minBlock requests are multiples of this, a power of two in 1..65536
/// @param maxPayload the most bytes that one read or write may have, at least 512 and at least `minBlock`
/// @param replies what replies look like
record Export(long bytes, int flags, int minBlock, long maxPayload, Replies replies) {
    /// How the server answers.
    ///
    /// @param structured whether in chunks
    /// @param allocation whether it tells what is allocated
    /// @param context the number of `base:allocation`, if so
    record Replies(boolean structured, boolean allocation, int context) {
        static final Replies SIMPLE = new Replies(false, false, 0);
    }

    private static final int MAX_MIN_BLOCK = 65_536;
    private static final int LEAST_PAYLOAD = 512;
    private static final int CAPABILITIES =
            Nbd.FLAG_SEND_FLUSH | Nbd.FLAG_SEND_TRIM | Nbd.FLAG_SEND_WRITE_ZEROES | Nbd.FLAG_CAN_MULTI_CONN;

    /// Refuses what the protocol does not allow, or what cannot be used.
    static Export checked(long bytes, int flags, int minBlock, long maxPayload, Replies replies) throws IOException {
        if ((flags & Nbd.FLAG_HAS_FLAGS) == 0) {
            throw new ProtocolViolation("the export has no flags");
        }
        if (Integer.bitCount(minBlock) != 1 || minBlock < 1 || minBlock > MAX_MIN_BLOCK) {
            throw new ProtocolViolation("a minimum block size of " + Integer.toUnsignedString(minBlock));
        }
        if (maxPayload < Math.max(minBlock, LEAST_PAYLOAD)) {
            throw new ProtocolViolation("a maximum payload of " + maxPayload + " bytes");
        }
        if (bytes < 0) {
            throw new ProtocolViolation("an export of " + Long.toUnsignedString(bytes) + " bytes");
        }
        long usable = bytes - bytes % minBlock;
        if (usable == 0) {
            throw new IOException("the export is empty: give it a size first");
        }
        return new Export(usable, flags, minBlock, maxPayload, replies);
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    boolean readOnly() {
        return has(Nbd.FLAG_READ_ONLY);
    }

    /// Whether several connections see each other's writes and flushes.
    boolean sharable() {
        return readOnly() || has(Nbd.FLAG_CAN_MULTI_CONN);
    }

    /// Refuses a later connection's export that can do less than this one, with which the guest has been served.
    void requireOf(Export later) throws IOException {
        if (later.bytes < bytes) {
            throw new IOException("the export has " + later.bytes + " bytes now and had " + bytes);
        }
        if (later.readOnly() && !readOnly()) {
            throw new IOException("the export is read only now");
        }
        int missing = flags & CAPABILITIES & ~later.flags;
        if (missing != 0 || (replies.allocation && !later.replies.allocation)) {
            throw new IOException("the export has lost abilities: transmission flags were 0x"
                    + Integer.toHexString(flags) + " and are 0x" + Integer.toHexString(later.flags));
        }
        if (later.minBlock > minBlock || later.maxPayload < maxPayload) {
            throw new IOException("the export takes " + later.minBlock + " to " + later.maxPayload
                    + " bytes in a request now, and took " + minBlock + " to " + maxPayload);
        }
    }
}

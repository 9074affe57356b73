package org.vhostdevice.core.frontend.fuse;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.protocol.Bytes;

/// What a file server says when a session begins.
///
/// @param major    version of the protocol
/// @param minor    version of the protocol
/// @param flags    abilities that it agrees to, `flags2` in the upper half
/// @param maxWrite most bytes of a WRITE
/// @param maxPages most pages of a request; 0 if it does not say
public record FuseInit(int major, int minor, long flags, int maxWrite, int maxPages) {
    /// The version of the protocol that this driver speaks.
    public static final int MAJOR = 7;

    /// The version of the protocol that this driver speaks.
    public static final int MINOR = 38;

    /// Flag: the upper half of the flags means something.
    public static final long INIT_EXT = 1L << 30;

    /// Flag: requests may have more than 32 pages.
    public static final long MAX_PAGES = 1L << 22;

    /// Flag: writes may be larger than a page.
    public static final long BIG_WRITES = 1L << 5;

    private static final int BODY = 64;
    private static final int LEAST = 24;
    private static final int READ_AHEAD = 128 << 10;
    private static final int FLAGS = 12;
    private static final int MAX_WRITE = 20;
    private static final int PAGES = 28;
    private static final int FLAGS2 = 32;
    private static final long LOW = 0xffff_ffffL;

    /// The request that begins a session.
    ///
    /// @param order of the bytes
    /// @param flags abilities that the driver has
    /// @return INIT
    public static FuseRequest request(ByteOrder order, long flags) {
        byte[] body = ByteBuffer.allocate(BODY)
                .order(order)
                .putInt(MAJOR)
                .putInt(MINOR)
                .putInt(READ_AHEAD)
                .putInt((int) flags)
                .putInt((int) (flags >>> Integer.SIZE))
                .array();
        return new FuseRequest(FuseOpcode.INIT.number(), 0, Bytes.of(body), order);
    }

    /// Reads the answer.
    ///
    /// @param reply to INIT
    /// @param order of its bytes
    /// @return what it says
    /// @throws BackendRefusal if it is an error, or too short
    public static FuseInit read(FuseReply reply, ByteOrder order) throws BackendRefusal {
        ByteBuffer body = reply.require("INIT", LEAST).order(order);
        boolean whole = body.capacity() >= BODY;
        long high = whole ? body.getInt(FLAGS2) & LOW : 0;
        return new FuseInit(
                body.getInt(0),
                body.getInt(Integer.BYTES),
                (body.getInt(FLAGS) & LOW) | (high << Integer.SIZE),
                body.getInt(MAX_WRITE),
                whole ? Short.toUnsignedInt(body.getShort(PAGES)) : 0);
    }
}

package org.vhostdevice.vsock.packet;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.vhostdevice.core.memory.IoBuffers;

/// The header of a packet, `struct virtio_vsock_hdr` (VIRTIO 1.4, 5.10.6), under the names that it has there. An
/// object is used again and again, by one thread: it is filled by [#read], or field by field, and written by
/// [#write].
public final class PacketHeader {
    /// Bytes of a header.
    public static final int BYTES = 44;

    private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final int DST_CID = 8;
    private static final int SRC_PORT = 16;
    private static final int DST_PORT = 20;
    private static final int LEN = 24;
    private static final int TYPE = 28;
    private static final int OP = 30;
    private static final int FLAGS = 32;
    private static final int BUF_ALLOC = 36;
    private static final int FWD_CNT = 40;

    private final MemorySegment bytes = Arena.ofAuto().allocate(BYTES, Long.BYTES);
    private long srcCid;
    private long dstCid;
    private int srcPort;
    private int dstPort;
    private int len;
    private int type;
    private int op;
    private int flags;
    private int bufAlloc;
    private int fwdCnt;

    /// Makes a header of zeros.
    public PacketHeader() {}

    /// Copies a header out of memory that may change at any time.
    ///
    /// @param from at least [#BYTES] bytes, which begin with it
    public void read(IoBuffers from) {
        from.read(0, bytes, BYTES);
        srcCid = bytes.get(LE64, 0);
        dstCid = bytes.get(LE64, DST_CID);
        srcPort = bytes.get(LE32, SRC_PORT);
        dstPort = bytes.get(LE32, DST_PORT);
        len = bytes.get(LE32, LEN);
        type = Short.toUnsignedInt(bytes.get(LE16, TYPE));
        op = Short.toUnsignedInt(bytes.get(LE16, OP));
        flags = bytes.get(LE32, FLAGS);
        bufAlloc = bytes.get(LE32, BUF_ALLOC);
        fwdCnt = bytes.get(LE32, FWD_CNT);
    }

    /// Writes the header.
    ///
    /// @param into at least [#BYTES] bytes
    public void write(IoBuffers into) {
        bytes.set(LE64, 0, srcCid);
        bytes.set(LE64, DST_CID, dstCid);
        bytes.set(LE32, SRC_PORT, srcPort);
        bytes.set(LE32, DST_PORT, dstPort);
        bytes.set(LE32, LEN, len);
        bytes.set(LE16, TYPE, (short) type);
        bytes.set(LE16, OP, (short) op);
        bytes.set(LE32, FLAGS, flags);
        bytes.set(LE32, BUF_ALLOC, bufAlloc);
        bytes.set(LE32, FWD_CNT, fwdCnt);
        into.write(0, bytes, BYTES);
    }

    /// Says from whom and to whom the packet is, and of which type; all else becomes 0.
    ///
    /// @param newSrcCid context id of the sender
    /// @param newSrcPort port of the sender
    /// @param newDstCid context id of the receiver
    /// @param newDstPort port of the receiver
    /// @param newType of the sockets, 16 bits
    public void address(long newSrcCid, int newSrcPort, long newDstCid, int newDstPort, int newType) {
        srcCid = newSrcCid;
        srcPort = newSrcPort;
        dstCid = newDstCid;
        dstPort = newDstPort;
        type = newType;
        content(Operation.INVALID, 0, 0);
        credit(0, 0);
    }

    /// Says what the packet is for.
    ///
    /// @param newOp one of [Operation]
    /// @param newFlags of the operation
    /// @param newLen bytes of data behind the header
    public void content(int newOp, int newFlags, int newLen) {
        op = newOp;
        flags = newFlags;
        len = newLen;
    }

    /// Says what the sender's receive buffer is like.
    ///
    /// @param newBufAlloc its bytes
    /// @param newFwdCnt bytes taken out of it, modulo 2^32
    public void credit(int newBufAlloc, int newFwdCnt) {
        bufAlloc = newBufAlloc;
        fwdCnt = newFwdCnt;
    }

    /// {@return the sender's context id}
    public long srcCid() {
        return srcCid;
    }

    /// {@return the receiver's context id}
    public long dstCid() {
        return dstCid;
    }

    /// {@return the sender's port, 32 bits}
    public int srcPort() {
        return srcPort;
    }

    /// {@return the receiver's port, 32 bits}
    public int dstPort() {
        return dstPort;
    }

    /// {@return bytes of data behind the header, an unsigned number}
    public long len() {
        return Integer.toUnsignedLong(len);
    }

    /// {@return the type of the sockets, 0 to 65535}
    public int type() {
        return type;
    }

    /// {@return what the packet is for, 0 to 65535}
    public int op() {
        return op;
    }

    /// {@return flags of the operation, 32 bits}
    public int flags() {
        return flags;
    }

    /// {@return the bytes of the sender's receive buffer, an unsigned number of 32 bits}
    public int bufAlloc() {
        return bufAlloc;
    }

    /// {@return the bytes that the sender has taken out of its receive buffer, modulo 2^32}
    public int fwdCnt() {
        return fwdCnt;
    }
}

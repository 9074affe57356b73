package org.vhostdevice.blk;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.vhostdevice.core.virtqueue.DescriptorChain;

/// Turns a chain into a request (`struct virtio_blk_req`, VIRTIO 1.4, 5.2.6).
///
/// The header is copied out of guest memory once, and only the copy is looked at. It is the first 16 readable bytes
/// and the status is the last writable one, wherever the descriptors cut. Parsing changes nothing. One parser serves
/// one queue.
final class BlkRequestParser {
    /// `type`, `reserved` and `sector`.
    static final int HEADER_BYTES = 16;

    private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int TYPE = 0;
    private static final int SECTOR = 8;

    private static final int T_IN = 0;
    private static final int T_OUT = 1;
    private static final int T_FLUSH = 4;
    private static final int T_GET_ID = 8;

    private final MemorySegment header = MemorySegment.ofArray(new byte[HEADER_BYTES]);
    private final BlkRequest.In in = new BlkRequest.In();
    private final BlkRequest.Out out = new BlkRequest.Out();

    /// The request in a chain.
    ///
    /// @return valid until the next call
    BlkRequest parse(DescriptorChain chain) {
        long readable = chain.readable().length();
        long writable = chain.writable().length();
        if (readable < HEADER_BYTES || writable == 0) {
            return BlkRequest.Plain.MALFORMED;
        }
        chain.readable().read(0, header, HEADER_BYTES);
        return switch (header.get(LE32, TYPE)) {
            case T_IN -> transfer(in, writable - 1);
            case T_OUT -> transfer(out, readable - HEADER_BYTES);
            case T_FLUSH -> BlkRequest.Plain.FLUSH;
            case T_GET_ID -> BlkRequest.Plain.GET_ID;
            default -> BlkRequest.Plain.UNSUPPORTED;
        };
    }

    private BlkRequest transfer(BlkRequest.Transfer request, long bytes) {
        request.set(header.get(LE64, SECTOR), bytes);
        return request;
    }
}

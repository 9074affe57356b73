package org.vhostdevice.blk.queue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.vhostdevice.core.virtqueue.DescriptorChain;
import org.vhostdevice.core.virtqueue.GuestBuffers;

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

    // struct virtio_blk_discard_write_zeroes
    private static final int RANGE_BYTES = 16;
    private static final int RANGE_SECTORS = 8;
    private static final int RANGE_FLAGS = 12;

    private static final int T_IN = 0;
    private static final int T_OUT = 1;
    private static final int T_FLUSH = 4;
    private static final int T_GET_ID = 8;
    private static final int T_DISCARD = 11;
    private static final int T_WRITE_ZEROES = 13;

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
            case T_IN -> move(in, writable - 1);
            case T_OUT -> move(out, readable - HEADER_BYTES);
            case T_FLUSH -> BlkRequest.Plain.FLUSH;
            case T_GET_ID -> BlkRequest.Plain.GET_ID;
            case T_DISCARD -> ranges(false, chain.readable());
            case T_WRITE_ZEROES -> ranges(true, chain.readable());
            default -> BlkRequest.Plain.UNSUPPORTED;
        };
    }

    private BlkRequest move(BlkRequest.Move request, long bytes) {
        request.set(header.get(LE64, SECTOR), bytes);
        return request;
    }

    private static BlkRequest ranges(boolean zeroes, GuestBuffers from) {
        long bytes = from.length() - HEADER_BYTES;
        if (bytes == 0 || bytes % RANGE_BYTES != 0 || bytes / RANGE_BYTES > Disk.MAX_RANGES) {
            return BlkRequest.Plain.MALFORMED;
        }
        MemorySegment copy = MemorySegment.ofArray(new byte[(int) bytes]);
        from.read(HEADER_BYTES, copy, bytes);
        var ranges = new BlkRequest.Range[(int) bytes / RANGE_BYTES];
        for (int i = 0; i < ranges.length; i++) {
            long at = (long) i * RANGE_BYTES;
            ranges[i] = new BlkRequest.Range(
                    copy.get(LE64, at),
                    Integer.toUnsignedLong(copy.get(LE32, at + RANGE_SECTORS)),
                    copy.get(LE32, at + RANGE_FLAGS));
        }
        return new BlkRequest.Ranges(zeroes, ranges);
    }
}

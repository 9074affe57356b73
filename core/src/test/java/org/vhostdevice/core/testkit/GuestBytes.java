package org.vhostdevice.core.testkit;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.vhostdevice.core.virtqueue.DescriptorChain;

/// What test devices do with chains: copies between guest memory and arrays.
final class GuestBytes {
    private GuestBytes() {}

    /// All that the driver wrote, little-endian.
    static ByteBuffer readable(DescriptorChain chain) {
        byte[] bytes = new byte[(int) chain.readable().length()];
        chain.readable().read(0, MemorySegment.ofArray(bytes), bytes.length);
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /// Writes as much as there is room for, and completes the chain.
    static void complete(DescriptorChain chain, byte... bytes) {
        long n = Math.min(bytes.length, chain.writable().length());
        chain.writable().write(0, MemorySegment.ofArray(bytes), n);
        chain.complete(n);
    }
}

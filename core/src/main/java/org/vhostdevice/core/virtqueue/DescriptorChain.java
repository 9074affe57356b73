package org.vhostdevice.core.virtqueue;

/// One chain of descriptors: a request of the driver with a part to read and a part to write.
///
/// Objects are reused: after [#complete] a device must not touch the chain. Used by the ring's worker only.
public final class DescriptorChain {
    private final RingChains owner;
    private final GuestBuffers readable = new GuestBuffers();
    private final GuestBuffers writable = new GuestBuffers();
    private int id = -1;
    private long written = -1;
    private int generation;

    DescriptorChain(RingChains owner) {
        this.owner = owner;
    }

    /// {@return what the driver wrote for the device}
    public GuestBuffers readable() {
        return readable;
    }

    /// {@return where the device writes for the driver}
    public GuestBuffers writable() {
        return writable;
    }

    /// Gives the chain back to the driver.
    ///
    /// @param bytes the number of bytes written to the writable part, from its start without a gap (VIRTIO 1.4,
    ///     2.7.8.2), at most its length
    /// @throws IllegalStateException if it was completed before
    public void complete(long bytes) {
        if (id < 0 || written >= 0) {
            throw new IllegalStateException("chain completed twice");
        }
        if (bytes < 0 || bytes > writable.length()) {
            throw new IllegalArgumentException(bytes + " bytes written of " + writable.length());
        }
        written = bytes;
        owner.complete(this);
    }

    /// By what the driver knows the chain, less than the ring's size: the head in a split ring, the buffer id in a
    /// packed one.
    int id() {
        return id;
    }

    /// Bytes written, as the device says; negative before the chain is completed.
    long written() {
        return written;
    }

    int pieces() {
        return readable.pieces() + writable.pieces();
    }

    /// The number of the snapshot of guest memory in which its buffers lie ([MemoryGenerations]).
    int generation() {
        return generation;
    }

    void begin(int newId, int newGeneration) {
        id = newId;
        generation = newGeneration;
    }

    void end() {
        id = -1;
        written = -1;
        readable.clear();
        writable.clear();
    }
}

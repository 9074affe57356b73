package org.vhostdevice.core.virtqueue;

/// One chain of descriptors: a request of the driver with a part to read and a part to write.
///
/// Objects are reused: after [#complete] a device must not touch the chain. Used by the ring's worker only.
public final class DescriptorChain {
    private final SplitVirtqueue queue;
    private final GuestBuffers readable = new GuestBuffers();
    private final GuestBuffers writable = new GuestBuffers();
    private int head = -1;
    private int generation;

    DescriptorChain(SplitVirtqueue queue) {
        this.queue = queue;
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
    /// @param written the number of bytes written to the writable part, from its start without a gap (VIRTIO 1.4,
    ///     2.7.8.2), at most its length
    /// @throws IllegalStateException if it was completed before
    public void complete(long written) {
        if (head < 0) {
            throw new IllegalStateException("chain completed twice");
        }
        if (written < 0 || written > writable.length()) {
            throw new IllegalArgumentException(written + " bytes written of " + writable.length());
        }
        queue.complete(this, written);
    }

    int head() {
        return head;
    }

    int pieces() {
        return readable.pieces() + writable.pieces();
    }

    /// The generation of guest memory in which its buffers lie.
    int generation() {
        return generation;
    }

    void begin(int newHead, int newGeneration) {
        head = newHead;
        generation = newGeneration;
    }

    void end() {
        head = -1;
        readable.clear();
        writable.clear();
    }
}

package org.vhostdevice.core.virtqueue;

import org.vhostdevice.core.memory.DirtyLog;

/// What one ring marks in a dirty log: the buffers that the device has written, and what it writes into the ring
/// itself.
/// Used by the ring's worker.
public final class RingLog {
    private final DirtyLog log;
    private final boolean buffers;
    private final boolean ring;
    private final long deviceArea;
    private boolean marked;

    /// Prepares to mark.
    ///
    /// @param log outlives this
    /// @param buffers whether written buffers are marked (feature LOG_ALL)
    /// @param ring whether writes to the ring are marked (flag VHOST_VRING_F_LOG)
    /// @param deviceArea guest address that stands in the log for the ring's device area
    public RingLog(DirtyLog log, boolean buffers, boolean ring, long deviceArea) {
        this.log = log;
        this.buffers = buffers;
        this.ring = ring;
        this.deviceArea = deviceArea;
    }

    /// {@return whether a page was marked since the last call that was not before}
    public boolean takeMarked() {
        boolean result = marked;
        marked = false;
        return result;
    }

    /// Marks all that the device may have written of a chain: how much it did is only known for a part.
    void written(DescriptorChain chain) {
        if (buffers) {
            chain.writable().mark(this);
        }
    }

    /// Marks a range of guest addresses.
    void range(long address, long bytes) {
        marked |= log.mark(address, bytes);
    }

    /// Marks a part of the ring's device area.
    void deviceArea(long offset, long bytes) {
        if (ring) {
            range(deviceArea + offset, bytes);
        }
    }

    /// Marks another part of the ring.
    void ring(long address, long bytes) {
        if (ring) {
            range(address, bytes);
        }
    }
}

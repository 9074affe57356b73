package org.vhostdevice.core.virtqueue;

/// The driver's ring is malformed: the guest's fault. This ring stops; the device and its other rings go on.
public final class BrokenQueueException extends Exception {
    private static final long serialVersionUID = 1L;

    /// Gives a ring up.
    ///
    /// @param message what the ring holds and why it cannot be
    public BrokenQueueException(String message) {
        super(message);
    }
}

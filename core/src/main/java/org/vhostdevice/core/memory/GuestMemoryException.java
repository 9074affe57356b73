package org.vhostdevice.core.memory;

/// Guest memory that cannot be as a front end or a driver says: outside every region, overlapping, misaligned.
public final class GuestMemoryException extends Exception {
    private static final long serialVersionUID = 1L;

    /// Refuses memory.
    ///
    /// @param message what was asked for and why it cannot be
    public GuestMemoryException(String message) {
        super(message);
    }
}

package org.vhostdevice.core.device;

/// Options that cannot be obeyed as they were typed. The message is one line that says what to do instead.
public final class UsageException extends Exception {
    private static final long serialVersionUID = 1L;

    /// Refuses options.
    ///
    /// @param message one line for the person who typed the command
    public UsageException(String message) {
        super(message);
    }
}

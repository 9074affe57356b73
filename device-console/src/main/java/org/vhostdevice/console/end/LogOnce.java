package org.vhostdevice.console.end;

import java.lang.System.Logger.Level;

/// Says that something does not work, and not again before it has worked. Worker's thread.
final class LogOnce {
    private static final System.Logger LOGGER = System.getLogger("org.vhostdevice.console");

    private final String what;
    private boolean said;

    /// @param what it is about, at the beginning of each message
    LogOnce(String what) {
        this.what = what;
    }

    void failed(Exception cause) {
        if (!said) {
            said = true;
            LOGGER.log(Level.WARNING, () -> what + ": " + cause.getMessage());
        }
    }

    void worked() {
        said = false;
    }

    void tell(String message) {
        LOGGER.log(Level.DEBUG, () -> what + ": " + message);
    }
}

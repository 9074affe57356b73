package org.vhostdevice.core.session;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/// How the log tells of what nobody expected on a worker.
final class Failures {
    private Failures() {}

    /// Logs the failure that ends a connection: a line if it is the front end's fault, a trace if it is ours.
    static void log(Logger logger, Throwable cause) {
        if (cause instanceof InternalError) {
            logger.log(Level.WARNING, "guest memory has vanished, the connection ends: " + cause.getMessage());
        } else {
            logger.log(Level.ERROR, "the device failed, the connection ends", cause);
        }
    }
}

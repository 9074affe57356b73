package org.vhostdevice.cli;

import java.lang.System.Logger;
import java.lang.System.LoggerFinder;

/// Sends all of [System.Logger] to standard error; found as a service. The JDK's own logging would be loaded otherwise,
/// which makes each start slower.
public final class StderrLoggerFinder extends LoggerFinder {
    /// Called by the service loader.
    public StderrLoggerFinder() {}

    @Override
    public Logger getLogger(String name, Module module) {
        return new StderrLogger(name);
    }
}

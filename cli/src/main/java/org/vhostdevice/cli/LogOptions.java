package org.vhostdevice.cli;

import java.lang.System.Logger.Level;
import picocli.CommandLine.Option;

/// Options for messages on standard error.
final class LogOptions {
    /// The levels by the names that people type.
    enum LogLevel {
        ERROR(Level.ERROR),
        WARN(Level.WARNING),
        INFO(Level.INFO),
        DEBUG(Level.DEBUG),
        TRACE(Level.TRACE);

        private final Level level;

        LogLevel(Level level) {
            this.level = level;
        }
    }

    @Option(
            names = "--log-level",
            paramLabel = "LEVEL",
            defaultValue = "info",
            description = "error, warn, info, debug or trace (default: ${DEFAULT-VALUE}).")
    private LogLevel logLevel = LogLevel.INFO;

    /// Sets the level for the whole program.
    void apply() {
        StderrLogger.setThreshold(logLevel.level);
    }
}

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
        TRACE(Level.TRACE),
        OFF(Level.OFF);

        private final Level level;

        LogLevel(Level level) {
            this.level = level;
        }
    }

    @Option(
            names = "--log-level",
            paramLabel = "LEVEL",
            defaultValue = "info",
            description = "What is logged: error, warn, info, debug, trace or off (default: ${DEFAULT-VALUE}).")
    private LogLevel logLevel = LogLevel.INFO;

    @Option(names = "-d", hidden = true, description = "As --log-level debug.")
    private boolean debug;

    @Option(names = "--syslog", description = "Log to the system log of the host instead of standard error.")
    private boolean syslog;

    /// Whether messages go to the system log.
    boolean toSystemLog() {
        return syslog;
    }

    /// Sets level and place for the whole program.
    void apply() {
        StderrLogger.setThreshold(debug ? Level.DEBUG : logLevel.level);
        if (syslog) {
            StderrLogger.useSystemLog();
        }
    }
}

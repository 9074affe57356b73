package org.vhostdevice.core.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// The log of the host (`syslog(3)`). Any thread.
public final class SystemLog {
    /// A failure.
    public static final int ERROR = 3;

    /// Something that may become one.
    public static final int WARNING = 4;

    /// What was done.
    public static final int INFO = 6;

    /// What helps to find a mistake.
    public static final int DEBUG = 7;

    private static final int PID = 1;
    private static final int AT_ONCE = 8;
    private static final int DAEMON = 3 << 3;

    private static final MemorySegment FORMAT = Arena.global().allocateFrom("%s");

    private SystemLog() {}

    /// Connects to the log, so that this process may lose sight of its socket afterwards. A host without a log
    /// takes messages and drops them.
    ///
    /// @param program its name in the log
    public static void open(String program) {
        int _ = Downcall.toInt(Symbol.OPENLOG, Arena.global().allocateFrom(program), PID | AT_ONCE, DAEMON);
    }

    /// Writes a message.
    ///
    /// @param priority a constant of this class
    /// @param message one line
    public static void write(int priority, String message) {
        try (Arena arena = Arena.ofConfined()) {
            int _ = Downcall.toInt(
                    Symbol.SYSLOG, priority, FORMAT.address(), arena.allocateFrom(message.replace('\0', ' ')), 0, 0);
        }
    }
}

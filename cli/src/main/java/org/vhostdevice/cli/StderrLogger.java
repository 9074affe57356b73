package org.vhostdevice.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.text.MessageFormat;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.MissingResourceException;
import java.util.ResourceBundle;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.sys.SystemLog;
import org.vhostdevice.core.sys.Tty;

/// Writes a line to standard error, or to the system log, for each message of at least the level that is set for the
/// whole program: time in UTC, level, message. What caused the message follows as text, and with its stack from level
/// debug on.
final class StderrLogger implements System.Logger {
    private static volatile Level threshold = Level.INFO;
    private static volatile boolean toSystemLog;

    /// What is asked for the first line only: a third of the shortest start goes into the first native call.
    private static final class Output {
        /// A console device may have made it raw, so that a line has to say itself that it ends at the left.
        static final boolean TERMINAL = Tty.isTerminal(2);

        private Output() {}
    }

    private final String name;

    StderrLogger(String name) {
        this.name = name;
    }

    /// Sets the lowest level that is written.
    static void setThreshold(Level level) {
        threshold = level;
    }

    /// Writes to the system log from now on.
    static void useSystemLog() {
        SystemLog.open("vhost-device");
        toSystemLog = true;
    }

    /// Whether stacks of exceptions are shown.
    static boolean showsStacks() {
        return threshold.compareTo(Level.DEBUG) <= 0;
    }

    @Override
    public String getName() {
        return name;
    }

    @Override
    public boolean isLoggable(Level level) {
        return level != Level.OFF && level.compareTo(threshold) >= 0;
    }

    @Override
    public void log(
            Level level, @Nullable ResourceBundle bundle, @Nullable String message, @Nullable Throwable thrown) {
        if (isLoggable(level)) {
            write(level, translate(bundle, message), thrown);
        }
    }

    @Override
    public void log(
            Level level,
            @Nullable ResourceBundle bundle,
            @Nullable String message,
            @Nullable Object @Nullable ... parameters) {
        if (isLoggable(level)) {
            String text = translate(bundle, message);
            write(
                    level,
                    parameters == null || parameters.length == 0 ? text : MessageFormat.format(text, parameters),
                    null);
        }
    }

    private static String translate(@Nullable ResourceBundle bundle, @Nullable String message) {
        if (bundle != null && message != null) {
            try {
                return bundle.getString(message);
            } catch (MissingResourceException e) {
                return message;
            }
        }
        return String.valueOf(message);
    }

    private static void write(Level level, String text, @Nullable Throwable thrown) {
        StringBuilder line = new StringBuilder(128);
        if (!toSystemLog) {
            line.append(now()).append("Z ");
        }
        line.append(level.getName()).append(' ').append(text);
        if (thrown != null) {
            line.append(showsStacks() ? System.lineSeparator() + stack(thrown) : ": " + thrown.getMessage());
        }
        if (toSystemLog) {
            line.toString().lines().forEach(each -> SystemLog.write(priority(level), each));
        } else {
            System.err.println(Output.TERMINAL ? line.toString().replace("\n", "\r\n") + "\r" : line);
        }
    }

    private static LocalDateTime now() {
        long millis = System.currentTimeMillis();
        return LocalDateTime.ofEpochSecond(
                Math.floorDiv(millis, 1000), Math.floorMod(millis, 1000) * 1_000_000, ZoneOffset.UTC);
    }

    private static int priority(Level level) {
        return switch (level) {
            case ERROR -> SystemLog.ERROR;
            case WARNING -> SystemLog.WARNING;
            case INFO -> SystemLog.INFO;
            default -> SystemLog.DEBUG;
        };
    }

    private static String stack(Throwable thrown) {
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text, true));
        return text.toString().stripTrailing();
    }
}

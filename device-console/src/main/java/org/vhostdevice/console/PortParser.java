package org.vhostdevice.console;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.console.end.Backend;
import org.vhostdevice.console.end.EndOptions;
import org.vhostdevice.console.end.TelnetMode;
import org.vhostdevice.console.port.PortTraits;
import org.vhostdevice.console.port.TerminalSize;
import org.vhostdevice.core.device.ByteSize;

/// The text behind `--port`: `key=value` parts, separated by commas. A comma in a value is written twice.
final class PortParser {
    private static final String ON = "on";
    private static final int MOST_BYTES = 1 << 30;
    private static final int MOST_SECONDS = 3600;
    private static final int MOST_FILES = 1000;
    private static final int DEFAULT_KEEP = 3;
    private static final int DEFAULT_STALL = 60;
    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final Set<String> KEYS = Set.of(
            "name",
            "backend",
            "console",
            "log",
            "link",
            "overflow",
            "buffer",
            "scrollback",
            "telnet",
            "reconnect",
            "stall",
            "rotate",
            "keep",
            "timestamps",
            "size");
    /// Keys that stand for on when they come without a value.
    private static final Set<String> SWITCHES = Set.of("console", "telnet", "timestamps");

    private final Map<String, String> values = new LinkedHashMap<>();

    private PortParser() {}

    /// Reads a text.
    ///
    /// @param overflow what applies unless the text says otherwise
    /// @throws IllegalArgumentException with a message for the person who typed it
    static PortSpec parse(String text, Overflow overflow) {
        PortParser parser = new PortParser();
        for (String part : split(text)) {
            parser.add(part);
        }
        return parser.spec(overflow);
    }

    private void add(String part) {
        int equals = part.indexOf('=');
        String key = equals < 0 ? part : part.substring(0, equals);
        if (!KEYS.contains(key)) {
            throw new IllegalArgumentException("there is no '" + key + "'");
        }
        if (equals < 0 && !SWITCHES.contains(key)) {
            throw new IllegalArgumentException(key + " needs a value");
        }
        if (values.put(key, equals < 0 ? ON : part.substring(equals + 1)) != null) {
            throw new IllegalArgumentException(key + " is given twice");
        }
    }

    private PortSpec spec(Overflow overflow) {
        String name = values.getOrDefault("name", "");
        String kind = values.get("backend");
        if (kind == null) {
            throw new IllegalArgumentException("backend is missing: one of " + Backend.FORMS);
        }
        Backend backend = Backend.parse(kind);
        requireOnly(backend instanceof Backend.PseudoTerminal, "backend=pty", "link");
        if (values.containsKey("link")) {
            backend = new Backend.PseudoTerminal(path("link"));
        }
        boolean console = flag("console", name.isEmpty());
        requireOnly(backend.isServer(), "a socket that clients connect to", "scrollback", "telnet");
        requireOnly(backend.isClient(), "unix-client and tcp-client", "reconnect");
        requireOnly(backend.isServer() || backend.isClient(), "sockets", "stall");
        boolean file = values.containsKey("log") || backend instanceof Backend.File;
        requireOnly(file, "backend=file and log", "rotate", "timestamps");
        requireOnly(values.containsKey("rotate"), "rotate", "keep");
        boolean drop = value("overflow", overflow, Overflow::parse) == Overflow.DROP_OLDEST;
        requireOnly(drop, "overflow=drop-oldest", "buffer");
        int buffer = value("buffer", PortTraits.BUFFER_BYTES, PortParser::bytes);
        TerminalSize size = value("size", TerminalSize.UNKNOWN, PortParser::size);
        return new PortSpec(
                new PortTraits(name, console, drop, buffer, size), backend, options(name, console, backend));
    }

    private EndOptions options(String name, boolean console, Backend backend) {
        TelnetMode telnet = console && backend.isServer() ? TelnetMode.AUTO : TelnetMode.OFF;
        int reconnect = value("reconnect", 1, text -> number(text, 1, MOST_SECONDS));
        int stall = value("stall", backend.isTcp() ? DEFAULT_STALL : 0, text -> number(text, 0, MOST_SECONDS));
        var rotation = new EndOptions.Rotation(
                value("rotate", 0L, ByteSize::parse),
                value("keep", DEFAULT_KEEP, text -> number(text, 0, MOST_FILES)),
                flag("timestamps", false));
        return new EndOptions(
                name,
                value("telnet", telnet, PortParser::telnet),
                value("scrollback", 0, PortParser::bytes),
                reconnect * NANOS_PER_SECOND,
                stall * NANOS_PER_SECOND,
                rotation,
                path("log"));
    }

    private @Nullable Path path(String key) {
        String value = values.get(key);
        if (value != null && value.isEmpty()) {
            throw new IllegalArgumentException(key + " needs a path");
        }
        return value == null ? null : Path.of(value);
    }

    private void requireOnly(boolean allowed, String with, String... keys) {
        for (String key : keys) {
            if (!allowed && values.containsKey(key)) {
                throw new IllegalArgumentException(key + " goes with " + with + " only");
            }
        }
    }

    private <T> T value(String key, T otherwise, Function<String, T> parse) {
        String value = values.get(key);
        if (value == null) {
            return otherwise;
        }
        try {
            return parse.apply(value);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(key + ": " + e.getMessage(), e);
        }
    }

    private boolean flag(String key, boolean otherwise) {
        return value(key, otherwise, text -> switch (text) {
            case ON -> true;
            case "off" -> false;
            default -> throw new IllegalArgumentException("on or off, not '" + text + "'");
        });
    }

    private static TelnetMode telnet(String text) {
        return switch (text) {
            case ON -> TelnetMode.ON;
            case "off" -> TelnetMode.OFF;
            case "auto" -> TelnetMode.AUTO;
            default -> throw new IllegalArgumentException("on, off or auto, not '" + text + "'");
        };
    }

    private static int bytes(String text) {
        long bytes = ByteSize.parse(text);
        if (bytes > MOST_BYTES) {
            throw new IllegalArgumentException("at most 1G, not " + text);
        }
        return (int) bytes;
    }

    private static int number(String text, int lowest, int highest) {
        try {
            int number = Integer.parseInt(text);
            if (number >= lowest && number <= highest) {
                return number;
            }
        } catch (NumberFormatException e) {
            // refused below
        }
        throw new IllegalArgumentException(lowest + " to " + highest + ", not '" + text + "'");
    }

    private static TerminalSize size(String text) {
        int x = text.indexOf('x');
        if (x < 0) {
            throw new IllegalArgumentException("columns and rows such as 80x24, not '" + text + "'");
        }
        return new TerminalSize(number(text.substring(0, x), 1, 0xffff), number(text.substring(x + 1), 1, 0xffff));
    }

    /// The parts between single commas; two commas are one in a part.
    private static List<String> split(String text) {
        List<String> parts = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        String rest = text + ",";
        for (int i = 0; i < rest.length(); i++) {
            if (rest.charAt(i) != ',') {
                part.append(rest.charAt(i));
            } else if (i + 1 < text.length() && rest.charAt(i + 1) == ',') {
                part.append(',');
                i++;
            } else {
                parts.add(part.toString());
                part.setLength(0);
            }
        }
        return parts;
    }
}

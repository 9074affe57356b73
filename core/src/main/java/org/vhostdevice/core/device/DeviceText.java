package org.vhostdevice.core.device;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A further device, as the value of an option names it: a place and options of the command.
///
/// @param place   where it is served
/// @param options each as on the command line, such as `--read-only` or `--queue-size=64`
public record DeviceText(DevicePlace place, List<String> options) {
    private static final String SOCKET = "socket=";
    private static final String FD = "fd=";

    /// Copies the list.
    public DeviceText {
        options = List.copyOf(options);
    }

    /// Reads a text such as `socket=/run/b.sock,read-only,queue-size=64`: options without their dashes, separated by
    /// commas; two commas are one in a value. `fd=` and the number or name of a socket that the process was started
    /// with may stand for `socket=`.
    ///
    /// @param option whose value the text is, for messages
    /// @param text   the value
    /// @return what it names
    /// @throws UsageException if it names no place
    public static DeviceText parse(String option, String text) throws UsageException {
        return of(option + " " + text, split(text));
    }

    /// Puts together what was read already.
    ///
    /// @param place what the parts are of, for messages
    /// @param parts `NAME` or `NAME=VALUE`
    /// @return what they name
    /// @throws UsageException if they name no socket
    public static DeviceText of(String place, List<String> parts) throws UsageException {
        @Nullable DevicePlace named = null;
        List<String> options = new ArrayList<>();
        for (String part : parts) {
            if (part.startsWith(SOCKET) && part.length() > SOCKET.length()) {
                named = DevicePlace.ofPath(part.substring(SOCKET.length()));
            } else if (part.startsWith(FD) && part.length() > FD.length()) {
                named = new DevicePlace.Passed(part.substring(FD.length()));
            } else {
                options.add("--" + part);
            }
        }
        if (named == null) {
            throw new UsageException(place + ": socket=PATH is missing");
        }
        return new DeviceText(named, options);
    }

    /// The parts between single commas; two commas are one in a part.
    private static List<String> split(String text) {
        List<String> parts = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) != ',') {
                part.append(text.charAt(i));
            } else if (i + 1 < text.length() && text.charAt(i + 1) == ',') {
                part.append(',');
                i++;
            } else {
                parts.add(part.toString());
                part.setLength(0);
            }
        }
        parts.add(part.toString());
        return parts;
    }
}

package org.vhostdevice.cli.guest;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What a guest printed while it ran a script or a command.
///
/// @param status exit status
/// @param values results: a line `@@NAME VALUE` gives the value of a name, the last one if there are several
/// @param output all lines
record GuestReport(int status, Map<String, String> values, String output) {
    private static final String MARK = "@@";

    GuestReport {
        values = Map.copyOf(values);
    }

    /// @param statusName the result that holds the exit status
    /// @param lines what was printed up to that result
    static GuestReport of(String statusName, List<String> lines) {
        Map<String, String> values = valuesIn(lines);
        String status = values.getOrDefault(statusName, "");
        return new GuestReport(Integer.parseInt(status.strip()), values, String.join("\n", lines));
    }

    /// The results among lines.
    static Map<String, String> valuesIn(List<String> lines) {
        Map<String, String> values = new LinkedHashMap<>();
        for (String line : lines) {
            if (line.startsWith(MARK)) {
                String[] parts = line.substring(MARK.length()).split(" ", 2);
                values.put(parts[0], parts.length == 2 ? parts[1] : "");
            }
        }
        return values;
    }

    /// Whether a line gives the value of that name.
    static boolean isValue(String line, String name) {
        return line.startsWith(MARK + name + " ");
    }

    /// The result of that name.
    ///
    /// @throws AssertionError if the guest printed none
    String value(String name) {
        String value = values.get(name);
        if (value == null) {
            throw new AssertionError("the guest printed no @@" + name + ":\n" + output);
        }
        return value;
    }

    /// Requires that the exit status is 0.
    void requireSuccess() {
        if (status != 0) {
            throw new AssertionError("exit status " + status + " in the guest:\n" + output);
        }
    }
}

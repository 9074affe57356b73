package org.vhostdevice.fs.sandbox;

import java.util.regex.Pattern;

/// Users or groups of the host in a user namespace.
///
/// @param inside the first number there
/// @param outside the first number on the host
/// @param count how many
public record NamespaceMap(long inside, long outside, long count) {
    private static final int FIELDS = 5;
    private static final long END = 0xffff_ffffL;

    /// Reads one, in the words of virtiofsd's `--uid-map` and `--gid-map`.
    ///
    /// @param text as `:INSIDE:OUTSIDE:COUNT:`, with any separator
    /// @return the map
    /// @throws IllegalArgumentException with a message for who wrote it
    public static NamespaceMap parse(String text) {
        String separator = text.isEmpty() ? ":" : text.substring(0, 1);
        String[] fields = text.split(Pattern.quote(separator), -1);
        if (fields.length != FIELDS || !fields[FIELDS - 1].isEmpty()) {
            throw new IllegalArgumentException("'" + text + "' is not as in :INSIDE:OUTSIDE:COUNT:");
        }
        NamespaceMap map = new NamespaceMap(number(text, fields[1]), number(text, fields[2]), number(text, fields[3]));
        if (map.count == 0 || map.inside + map.count > END || map.outside + map.count > END) {
            throw new IllegalArgumentException("'" + text + "' maps nothing, or beyond " + (END - 1));
        }
        return map;
    }

    private static long number(String text, String field) {
        try {
            return Integer.toUnsignedLong(Integer.parseUnsignedInt(field));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("'" + field + "' in '" + text + "' is no number of 32 bits", e);
        }
    }
}

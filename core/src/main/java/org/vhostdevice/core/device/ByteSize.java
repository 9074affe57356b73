package org.vhostdevice.core.device;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Numbers of bytes as people type them.
public final class ByteSize {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,19})([KMGT]?)", Pattern.CASE_INSENSITIVE);
    private static final String SUFFIXES = "KMGT";
    private static final int BITS_PER_SUFFIX = 10;

    private ByteSize() {}

    /// The bytes that a text such as `4096` or `10G` means; a suffix is a power of 1024.
    ///
    /// @param text a number with an optional suffix K, M, G or T
    /// @return at least 1
    /// @throws IllegalArgumentException if it is no such text, or the number is 0 or too large
    public static long parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "'" + text + "' is not a size: write a number such as 4096, 512M or 10G");
        }
        int shift = (suffixIndex(matcher.group(2)) + 1) * BITS_PER_SUFFIX;
        try {
            long number = Long.parseLong(matcher.group(1));
            if (number == 0 || number > Long.MAX_VALUE >> shift) {
                throw new IllegalArgumentException("size " + text + " must be more than 0 and less than 2^63 bytes");
            }
            return number << shift;
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("size " + text + " must be less than 2^63 bytes", e);
        }
    }

    /// -1 for none.
    private static int suffixIndex(String suffix) {
        return suffix.isEmpty() ? -1 : SUFFIXES.indexOf(Character.toUpperCase(suffix.charAt(0)));
    }
}

package org.vhostdevice.blk.nbd;

/// Text from a server or a user, made fit for a message of one line.
final class Text {
    private static final int MAX_CHARS = 200;

    private Text() {}

    /// The text without characters that move a terminal's cursor, cut to a length that a line of a log holds.
    static String printable(String text) {
        StringBuilder out = new StringBuilder();
        text.codePoints()
                .limit(MAX_CHARS)
                .map(point -> isPrintable(point) ? point : '?')
                .forEach(out::appendCodePoint);
        return text.codePointCount(0, text.length()) > MAX_CHARS ? out + "..." : out.toString();
    }

    private static boolean isPrintable(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED -> false;
            default -> true;
        };
    }
}

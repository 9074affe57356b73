package org.vhostdevice.cli.doctor;

/// Texts of other programs, made fit to be printed.
final class Words {
    private static final int MOST = 200;

    private Words() {}

    /// The first line, without what a terminal would obey, and not too long.
    static String oneLine(String text) {
        StringBuilder line = new StringBuilder();
        int end = Math.min(text.length(), MOST);
        for (int i = 0; i < end && text.charAt(i) != '\n' && text.charAt(i) != '\r'; i++) {
            char c = text.charAt(i);
            boolean plain = c >= ' ' && c != 0x7f && !Character.isISOControl(c) && !Character.isSurrogate(c);
            line.append(plain ? c : '?');
        }
        return line.toString().strip();
    }
}

package org.vhostdevice.cli.docs;

import java.util.ArrayList;
import java.util.List;

/// Takes apart what a person would type at a shell, as far as documents need it: lines that are continued, quotes and
/// comments; nothing is expanded.
final class ShellText {
    private static final char NONE = 0;

    private final String text;
    private int at;
    private char quote = NONE;

    private ShellText(String text) {
        this.text = text;
    }

    /// The commands of a text, each of which may have several lines, without comments.
    static List<String> commands(String text) {
        return new ShellText(text).split('\n', false);
    }

    /// The words of a command, without quotes.
    static List<String> words(String command) {
        return new ShellText(command.replace('\n', ' ').replace('\t', ' ')).split(' ', true);
    }

    /// The parts between separators that are not quoted; empty ones are left out.
    private List<String> split(char separator, boolean bare) {
        List<String> parts = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        for (; at < text.length(); at++) {
            char c = text.charAt(at);
            if (quote == NONE && c == separator) {
                finish(part, parts);
            } else if (quote == NONE && c == '#' && (at == 0 || Character.isWhitespace(text.charAt(at - 1)))) {
                at = endOfLine() - 1;
            } else if (!(bare && unquoted(c))) {
                take(c, part);
            }
        }
        finish(part, parts);
        return parts;
    }

    private int endOfLine() {
        int end = text.indexOf('\n', at);
        return end < 0 ? text.length() : end;
    }

    /// Whether a character is a quote and not a part of a word.
    private boolean unquoted(char c) {
        char before = quote;
        follow(c);
        return before != quote;
    }

    private void take(char c, StringBuilder part) {
        if (c == '\\' && quote != '\'' && at + 1 < text.length()) {
            at++;
            if (text.charAt(at) != '\n') {
                part.append(c).append(text.charAt(at));
            }
            return;
        }
        follow(c);
        part.append(c);
    }

    private void follow(char c) {
        if (quote == NONE && (c == '\'' || c == '"')) {
            quote = c;
        } else if (quote == c) {
            quote = NONE;
        }
    }

    private static void finish(StringBuilder part, List<String> parts) {
        if (!part.toString().isBlank()) {
            parts.add(part.toString().strip());
        }
        part.setLength(0);
    }
}

package org.vhostdevice.cli.docs;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Output that a document shows. Each of its lines must be there, in this order; `…` stands for any text, and lines
/// that
/// are not shown may be in between.
final class ShownOutput {
    private static final String ANY = "…";

    private ShownOutput() {}

    /// Compares what a document shows with what was printed.
    ///
    /// @throws AssertionError if a line is not there
    static void requireIn(Fence shown, String printed) {
        List<String> lines = printed.lines().toList();
        int next = 0;
        for (String line : shown.text().lines().toList()) {
            Pattern pattern = pattern(line);
            while (next < lines.size() && !pattern.matcher(lines.get(next)).matches()) {
                next++;
            }
            if (next++ >= lines.size()) {
                throw new AssertionError(
                        shown.place() + ": this line is not printed:\n" + line + "\nbut this is:\n" + printed);
            }
        }
    }

    private static Pattern pattern(String line) {
        return Pattern.compile(Stream.of(line.stripTrailing().split(ANY, -1))
                .map(Pattern::quote)
                .collect(Collectors.joining(".*")));
    }
}

package org.vhostdevice.cli.docs;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// A fenced block of a document. Behind the three backticks are its language and what becomes of it in tests, such as
/// `sh norun=needs-macos`.
///
/// @param document from the root
/// @param line     of the opening fence, from 1
/// @param language the first word; empty if there is none
/// @param marks    the further words
/// @param text     what is inside, with a line feed at the end
record Fence(String document, int line, String language, List<String> marks, String text) {
    /// The language of commands.
    static final String SHELL = "sh";

    private static final String MARK = "```";
    private static final Set<String> COMMAND_MARKS = Set.of("parse", "keep");
    private static final Set<String> COMMAND_VALUES = Set.of("norun", "exit", "needs");

    /// What the test does with commands.
    enum Use {
        /// They are run.
        RUN,
        /// Their options are parsed.
        PARSE,
        /// Nothing, for a reason.
        NONE
    }

    /// The blocks of a document.
    static List<Fence> in(String document, String text) {
        List<Fence> fences = new ArrayList<>();
        List<String> lines = text.lines().toList();
        for (int at = 0; at < lines.size(); at++) {
            String line = lines.get(at).strip();
            if (line.startsWith(MARK)) {
                int end = end(document, lines, at);
                fences.add(of(document, at, line, lines.subList(at + 1, end)));
                at = end;
            }
        }
        return fences;
    }

    private static int end(String document, List<String> lines, int start) {
        for (int at = start + 1; at < lines.size(); at++) {
            if (lines.get(at).strip().equals(MARK)) {
                return at;
            }
        }
        throw new AssertionError(document + ":" + (start + 1) + ": the block does not end");
    }

    private static Fence of(String document, int start, String opening, List<String> lines) {
        List<String> words = Arrays.stream(opening.substring(MARK.length()).split(" +"))
                .filter(word -> !word.isEmpty())
                .toList();
        String language = words.isEmpty() ? "" : words.getFirst();
        List<String> marks = words.isEmpty() ? List.of() : words.subList(1, words.size());
        return new Fence(document, start + 1, language, marks, String.join("\n", lines) + "\n");
    }

    /// Where it is.
    String place() {
        return document + ":" + line;
    }

    boolean isShell() {
        return language.equals(SHELL);
    }

    boolean has(String mark) {
        return marks.contains(mark);
    }

    /// The value of a mark such as `exit=1`.
    Optional<String> value(String name) {
        return marks.stream()
                .filter(mark -> mark.startsWith(name + "="))
                .map(mark -> mark.substring(name.length() + 1))
                .findFirst();
    }

    /// What becomes of commands.
    Use use() {
        if (value("norun").isPresent()) {
            return Use.NONE;
        }
        return has("parse") ? Use.PARSE : Use.RUN;
    }

    /// Marks of commands that mean nothing.
    List<String> unknownMarks() {
        return marks.stream()
                .filter(mark -> !COMMAND_MARKS.contains(mark))
                .filter(mark -> !COMMAND_VALUES.contains(mark.replaceFirst("=.+", "")))
                .toList();
    }
}

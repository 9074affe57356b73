package org.vhostdevice.packaging;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// What people write of a command for its manual page: `src/main/man/PAGE.txt`.
///
/// The lines before the first section go to the description, the sections behind the options.
///
/// | line | meaning |
/// |---|---|
/// | `# TITLE` | a section |
/// | `= TERM` | an item of a list; its text follows |
/// | four blanks in front | commands and their output, as they are |
/// | an empty line | a new paragraph |
/// | `@include NAME` | the lines of another file |
///
/// The section SEE ALSO holds pages only, one on each line.
///
/// @param description the lines for the description, in roff
/// @param sections the sections, in roff
/// @param seeAlso further pages, such as `qemu-img` or `fstab(5)`
record ManText(String description, String sections, List<String> seeAlso) {
    private static final String INCLUDE = "@include ";
    private static final String SECTION = "# ";
    private static final String SEE_ALSO = "# SEE ALSO";
    private static final String TERM = "= ";
    private static final String LITERAL = "    ";

    /// Reads the text of a command's page; one without a text has the common sections, and itself as the example.
    ///
    /// @throws IOException if a file cannot be read
    static ManText read(Path folder, CommandDoc command) throws IOException {
        Path file = folder.resolve(command.page() + ".txt");
        if (Files.exists(file)) {
            return of(lines(folder, file));
        }
        List<String> lines = lines(folder, folder.resolve("default.txt"));
        lines.addAll(List.of("# EXAMPLES", LITERAL + String.join(" ", command.words())));
        return of(lines);
    }

    private static ManText of(List<String> lines) {
        int sections = (int)
                lines.stream().takeWhile(line -> !line.startsWith(SECTION)).count();
        int end = lines.contains(SEE_ALSO) ? lines.indexOf(SEE_ALSO) : lines.size();
        return new ManText(
                roff(lines.subList(0, sections)),
                roff(lines.subList(sections, end)),
                lines.stream().skip(end + 1L).filter(line -> !line.isBlank()).toList());
    }

    private static List<String> lines(Path folder, Path file) throws IOException {
        List<String> lines = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            if (line.startsWith(INCLUDE)) {
                lines.addAll(lines(folder, folder.resolve(line.substring(INCLUDE.length()) + ".txt")));
            } else {
                lines.add(line);
            }
        }
        return lines;
    }

    private static String roff(List<String> lines) {
        Blocks blocks = new Blocks();
        lines.forEach(blocks::add);
        return blocks.end();
    }

    /// Lines on their way to roff.
    private static final class Blocks {
        private final Roff roff = new Roff();
        private boolean literal;
        private boolean item;
        /// Whether text that comes begins a paragraph that needs a mark.
        private boolean apart;

        void add(String line) {
            if (line.startsWith(LITERAL)) {
                addLiteral(line.substring(LITERAL.length()));
                return;
            }
            endLiteral();
            if (line.startsWith(SECTION)) {
                Roff _ = roff.section(line.substring(SECTION.length()));
                item = false;
                apart = false;
            } else if (line.startsWith(TERM)) {
                Roff _ = roff.item(Roff.bold(line.substring(TERM.length())));
                item = true;
                apart = false;
            } else if (line.isBlank()) {
                apart = true;
            } else {
                addText(line);
            }
        }

        private void addText(String line) {
            if (apart) {
                Roff _ = roff.line(item ? ".IP" : ".PP");
            }
            apart = false;
            for (String sentence : Sentences.of(line)) {
                Roff _ = roff.line(Roff.text(sentence, List.of()));
            }
        }

        private void addLiteral(String line) {
            if (!literal) {
                Roff _ = roff.line(".PP").line(".RS 4").line(".EX");
                literal = true;
            }
            Roff _ = roff.line(Roff.literal(line));
        }

        private void endLiteral() {
            if (literal) {
                Roff _ = roff.line(".EE").line(".RE");
                literal = false;
            }
        }

        String end() {
            endLiteral();
            return roff.toString().strip();
        }
    }
}

package org.vhostdevice.cli.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.cli.ProgramHere;

/// The options of a device are those in its documents: `docs/devices/TYPE*.md`, and those of all devices in
/// `docs/devices/README.md`.
@DisplayName("Options in the documents")
class DocumentOptionsTest {
    private static final Pattern IN_HELP = Pattern.compile("(?m)^ {2,}(?:-\\w, )?((?:--[^ =,]+(?:, )?)+)");
    private static final Pattern OPTION = Pattern.compile("--(?:\\[no-])?[a-z][a-z0-9-]*[a-z0-9]");
    private static final Pattern CODE = Pattern.compile("`([^`\n]+)`");
    private static final Pattern OPTION_WORD = Pattern.compile("(?<![\\w-])--[a-z][a-z0-9-]*[a-z0-9]");
    private static final Pattern OF_OTHERS = Pattern.compile("^(?:qemu|openssl|stty|ss |--enable-).*");
    private static final String COMMON = "docs/devices/README.md";
    private static final String MIGRATING = "docs/migrating.md";

    @ParameterizedTest
    @ValueSource(strings = {"blk", "fs", "vsock", "console"})
    void areAllThere(String type) throws IOException {
        Set<String> missing = new TreeSet<>(options(type));
        missing.removeAll(codeOptions(documents(type)).toList());
        assertEquals(Set.of(), missing);
    }

    @ParameterizedTest
    @ValueSource(strings = {"blk", "fs", "vsock", "console"})
    void exist(String type) throws IOException {
        Set<String> known = new TreeSet<>(options(type));
        known.addAll(options("bench"));
        known.addAll(options("check"));
        known.addAll(options("quickstart"));
        Set<String> unknown = codeOptions(documents(type)).collect(Collectors.toCollection(TreeSet::new));
        unknown.removeAll(known);
        assertEquals(Set.of(), unknown);
    }

    @Test
    void existWhereAnotherProgramIsLeft() throws IOException {
        List<String> wrong = new ArrayList<>();
        int rows = 0;
        Set<String> known = Set.of();
        for (String line : Documents.text(MIGRATING).lines().toList()) {
            if (line.startsWith("## From ")) {
                known = options(line.replaceFirst(".*\\(`(\\w+)`\\)", "$1"));
            } else if (line.startsWith("| ") && line.split(" \\| ", -1).length > 2) {
                rows++;
                wrong.addAll(unknown(line.split(" \\| ", -1)[1], known));
            } else if (line.startsWith("Only here: ")) {
                wrong.addAll(unknown(paragraph(line), known));
            }
        }
        assertEquals(List.of(), wrong);
        assertFalse(rows < 40, "only " + rows);
    }

    private static String paragraph(String first) throws IOException {
        String text = Documents.text(MIGRATING);
        int start = text.indexOf(first);
        return text.substring(start).replaceFirst("(?s)\n\n.*", "");
    }

    private static List<String> unknown(String text, Set<String> known) {
        return optionsIn(text).filter(option -> !known.contains(option)).toList();
    }

    /// What the help of a command has.
    private static Set<String> options(String command) {
        String help = ProgramHere.run(command, "--help");
        Set<String> options = IN_HELP.matcher(help)
                .results()
                .flatMap(names -> OPTION.matcher(names.group(1)).results())
                .flatMap(name -> name.group().startsWith("--[no-]")
                        ? Stream.of(
                                name.group().replace("[no-]", ""), name.group().replaceAll("[\\[\\]]", ""))
                        : Stream.of(name.group()))
                .collect(Collectors.toSet());
        assertFalse(options.size() < 5, help);
        return options;
    }

    private static String documents(String type) throws IOException {
        StringBuilder text = new StringBuilder(Documents.text(COMMON));
        for (var document : Documents.all()) {
            String name = Documents.ROOT.relativize(document).toString();
            if (name.startsWith("docs/devices/" + type)) {
                text.append('\n').append(Documents.text(name));
            }
        }
        return text.toString();
    }

    private static Stream<String> codeOptions(String text) {
        return optionsIn(text.replaceAll("(?s)```.*?```", ""));
    }

    /// Options that are written as code. Those of a command of another program are not ours.
    private static Stream<String> optionsIn(String text) {
        return CODE.matcher(text)
                .results()
                .map(code -> code.group(1))
                .filter(code -> !OF_OTHERS.matcher(code).matches())
                .flatMap(code -> OPTION_WORD.matcher(code).results())
                .map(option -> option.group());
    }
}

package org.vhostdevice.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.vhostdevice.cli.Main;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

class ManPageTest {
    private static final Path TEXTS = Path.of("../man");
    private static final List<String> SECTIONS =
            List.of("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "ENVIRONMENT", "EXAMPLES", "SEE ALSO");

    @TempDir
    private static Path folder;

    @BeforeAll
    static void write() throws IOException {
        WriteDocs.main(new String[] {
            TEXTS.toString(),
            folder.resolve("man").toString(),
            folder.resolve("completions").toString(),
            "1.2.3",
            "2026-01-31T00:00:00Z"
        });
    }

    private static Stream<CommandDoc> commands() {
        return CommandDoc.of(Main.commands()).all();
    }

    private static Path file(CommandDoc command) {
        return folder.resolve("man").resolve(command.page() + ".1");
    }

    /// The page without what is for the eye only.
    private static String plain(CommandDoc command) throws IOException {
        return Files.readString(file(command)).replaceAll("\\\\f.|\\\\%", "").replace("\\-", "-");
    }

    @Test
    void everyCommandHasAPage() throws IOException {
        Set<String> expected = commands().map(command -> command.page() + ".1").collect(Collectors.toSet());
        assertTrue(
                expected.containsAll(Set.of("vhost-device.1", "vhost-device-blk.1", "vhost-device-console-attach.1")),
                expected.toString());
        try (Stream<Path> files = Files.list(folder.resolve("man"))) {
            assertEquals(
                    expected,
                    files.map(file -> String.valueOf(file.getFileName())).collect(Collectors.toSet()));
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("commands")
    void namesEveryOptionThatIsNotHidden(CommandDoc command) throws IOException {
        String options = section(plain(command), "OPTIONS");
        List<String> terms = Pattern.compile("(?m)^\\.TP\n(.*)$")
                .matcher(options)
                .results()
                .flatMap(found -> Stream.of(found.group(1).split(", ")))
                .map(term -> term.replaceFirst("[\\[ ].*", ""))
                .toList();
        for (OptionSpec option : command.spec().options()) {
            for (String name : option.names()) {
                assertEquals(!option.hidden(), terms.contains(name), name);
            }
        }
        for (OptionDoc option : command.options()) {
            assertTrue(terms.containsAll(option.names()), option.toString());
            assertFalse(option.summary().isBlank(), option.toString());
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("commands")
    void hasAllSections(CommandDoc command) throws IOException {
        List<String> titles = Files.readAllLines(file(command)).stream()
                .filter(line -> line.startsWith(".SH "))
                .map(line -> line.substring(".SH ".length()))
                .toList();
        List<String> wanted = new ArrayList<>(SECTIONS);
        if (command.isDevice()) {
            wanted.add("SIGNALS");
        }
        wanted.removeAll(titles);
        assertEquals(List.of(), wanted, "write them in packaging/man/" + command.page() + ".txt");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("commands")
    void givesExamplesThatTheProgramUnderstands(CommandDoc command) throws IOException {
        String examples =
                section(plain(command), "EXAMPLES").replace("\\\\\n", "").replace("\\e\n", "");
        List<String> lines =
                examples.lines().filter(line -> line.startsWith("vhost-device")).toList();
        assertFalse(lines.isEmpty(), "an example of the command itself is missing");
        for (String line : lines) {
            List<String> words = Pattern.compile("'([^']*)'|\\S+")
                    .matcher(line)
                    .results()
                    .map(ManPageTest::unquoted)
                    .toList();
            CommandLine.ParseResult _ = Main.commands()
                    .setCaseInsensitiveEnumValuesAllowed(true)
                    .parseArgs(words.subList(1, words.size()).toArray(String[]::new));
        }
    }

    private static String unquoted(MatchResult found) {
        return found.group(1) == null ? found.group() : found.group(1);
    }

    @Test
    void everyTextIsOfACommandOrIncluded() throws IOException {
        Set<String> pages = commands().map(CommandDoc::page).collect(Collectors.toSet());
        List<String> all = new ArrayList<>();
        try (Stream<Path> files = Files.list(TEXTS)) {
            for (Path file : files.toList()) {
                all.addAll(Files.readAllLines(file));
            }
        }
        try (Stream<Path> files = Files.list(TEXTS)) {
            for (Path file : files.toList()) {
                String name = String.valueOf(file.getFileName()).replace(".txt", "");
                assertTrue(
                        pages.contains(name) || name.equals("default") || all.contains("@include " + name),
                        file + " is of no command");
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("commands")
    void groffHasNothingToSay(CommandDoc command) throws IOException {
        HostTool.require("groff");
        String text = HostTool.run(
                folder,
                List.of(
                        "sh",
                        "-c",
                        "groff -man -ww -Tutf8 \"$0\" >out",
                        file(command).toString()));
        assertEquals("", text);
        assertTrue(Files.size(folder.resolve("out")) > 0);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("commands")
    void mandocHasNothingToSay(CommandDoc command) throws IOException {
        HostTool.require("mandoc");
        assertEquals(
                "",
                HostTool.run(
                        folder,
                        List.of(
                                "mandoc",
                                "-T",
                                "lint",
                                "-W",
                                "warning",
                                file(command).toString())));
    }

    private static String section(String page, String title) {
        return page.split("\\.SH " + title + "\n", 2)[1].split("\n\\.SH ", 2)[0];
    }
}

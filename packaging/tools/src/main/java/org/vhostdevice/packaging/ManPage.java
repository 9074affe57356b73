package org.vhostdevice.packaging;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Model.PositionalParamSpec;

/// The manual page of a command: what the command knows of itself, and what a text beside it says.
final class ManPage {
    private final CommandDoc command;
    private final Roff roff = new Roff();

    private ManPage(CommandDoc command) {
        this.command = command;
    }

    /// Writes a page.
    ///
    /// @param command what it is about
    /// @param root the program, for the references at the end
    /// @param version the program's version
    /// @param date the date of the page, `YYYY-MM-DD`
    /// @param text the sections that the command does not know: paragraphs for the description, then sections
    /// @return the page in man(7)
    static String of(CommandDoc command, CommandDoc root, String version, String date, ManText text) {
        ManPage page = new ManPage(command);
        page.head(version, date);
        page.synopsis();
        page.description(text);
        page.commands();
        page.options();
        Roff _ = page.roff.line(text.sections());
        page.seeAlso(root, text);
        return page.roff.toString();
    }

    private void head(String version, String date) {
        Roff _ = roff.line(".\\\" Written by the build from the options of the program.")
                .line(".TH %s 1 \"%s\" \"vhost\\-device %s\" \"User Commands\""
                        .formatted(Roff.literal(command.page()).toUpperCase(Locale.ROOT), date, version))
                // Text in columns of a terminal: no words cut, no space drawn out.
                .line(".nh")
                .line(".ad l")
                .section("NAME")
                .line(Roff.literal(command.page()) + " \\- " + Roff.text(lowerCased(command.summary()), List.of()));
    }

    /// A sentence as a phrase; names such as those of devices keep their capitals.
    private static String lowerCased(String sentence) {
        boolean name = sentence.length() > 1 && Character.isUpperCase(sentence.charAt(1));
        return name ? sentence : Character.toLowerCase(sentence.charAt(0)) + sentence.substring(1);
    }

    private void synopsis() {
        Roff _ = roff.section("SYNOPSIS");
        call(String.join(" ", command.words()));
        if (command.isDevice()) {
            Roff _ = roff.line(".br");
            call(command.page());
        }
        if (!command.below().isEmpty()) {
            Roff _ = roff.line(".br")
                    .line(Roff.bold(String.join(" ", command.words())) + " " + Roff.italic("COMMAND") + " ["
                            + Roff.italic("OPTION") + "]...");
        }
    }

    private void call(String words) {
        String parameters = command.parameters().stream()
                .map(one -> " " + Roff.italic(one.paramLabel()))
                .collect(Collectors.joining());
        Roff _ = roff.line(Roff.bold(words) + " [" + Roff.italic("OPTION") + "]..." + parameters);
    }

    private void description(ManText text) {
        Roff _ = roff.section("DESCRIPTION").paragraphs(command.paragraphs(), ".PP", List.of());
        for (String paragraph : command.footer()) {
            Roff _ = roff.line(".PP").paragraphs(List.of(paragraph), ".PP", List.of());
        }
        if (!text.description().isEmpty()) {
            Roff _ = roff.line(".PP").line(text.description());
        }
        for (PositionalParamSpec one : command.parameters()) {
            Roff _ = roff.item(Roff.italic(one.paramLabel())).paragraphs(List.of(one.description()), ".IP", List.of());
        }
    }

    private void commands() {
        List<CommandDoc> below = command.below();
        if (below.isEmpty()) {
            return;
        }
        Roff _ = roff.section("COMMANDS");
        for (CommandDoc one : below) {
            Roff _ = roff.item(Roff.bold(one.name()))
                    .line(Roff.text(one.summary(), List.of()) + ": see " + reference(one.page()) + ".");
        }
    }

    private void options() {
        Roff _ = roff.section("OPTIONS");
        for (OptionDoc option : command.options()) {
            Roff _ = roff.item(term(option)).paragraphs(option.paragraphs(), ".IP", placeholders(option));
        }
    }

    private static String term(OptionDoc option) {
        List<String> terms = new ArrayList<>();
        for (String name : option.names()) {
            String value = option.value().isEmpty() ? "" : value(option);
            terms.add(Roff.bold(name) + value);
        }
        return String.join(", ", terms);
    }

    private static String value(OptionDoc option) {
        String value = Stream.of(option.value().split(" ")).map(Roff::italic).collect(Collectors.joining(" "));
        return option.optional() ? "[=" + value + "]" : " " + value;
    }

    /// Words of the value's name, such as PATH and URI of `PATH|URI`.
    private static Set<String> placeholders(OptionDoc option) {
        return new HashSet<>(Arrays.asList(option.value().split("[^A-Z0-9_]+")));
    }

    private void seeAlso(CommandDoc root, ManText text) {
        List<String> others = Stream.concat(
                        root.all()
                                .filter(other -> !other.page().equals(command.page()))
                                .map(other -> reference(other.page())),
                        text.seeAlso().stream().map(ManPage::reference))
                .toList();
        Roff _ = roff.section("SEE ALSO").line(String.join(",\n", others));
    }

    /// A page by its name, with its section if that is not 1: `qemu(1)`, `virtiofsd`.
    private static String reference(String page) {
        int section = page.indexOf('(');
        String name = section < 0 ? page : page.substring(0, section);
        return Roff.bold(name) + (section < 0 ? "(1)" : page.substring(section));
    }
}

package org.vhostdevice.packaging;

import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/// A command as its users see it: the program itself, or one below it.
///
/// @param words the words that call it, from the program's name on
/// @param spec its options and descriptions
record CommandDoc(List<String> words, CommandSpec spec) {
    /// The whole program.
    static CommandDoc of(CommandLine program) {
        return new CommandDoc(List.of(program.getCommandName()), program.getCommandSpec());
    }

    /// This command and all below it that are not hidden, parents first.
    Stream<CommandDoc> all() {
        return Stream.concat(Stream.of(this), below().stream().flatMap(CommandDoc::all));
    }

    /// The commands directly below this one, in the order of the help text.
    List<CommandDoc> below() {
        return spec.subcommands().entrySet().stream()
                .filter(entry ->
                        !entry.getValue().getCommandSpec().usageMessage().hidden())
                .map(entry -> new CommandDoc(
                        Stream.concat(words.stream(), Stream.of(entry.getKey())).toList(),
                        entry.getValue().getCommandSpec()))
                .toList();
    }

    /// The last word.
    String name() {
        return words.getLast();
    }

    /// The words below the program's name, such as `console attach`; empty for the program itself.
    String path() {
        return String.join(" ", words.subList(1, words.size()));
    }

    /// The name of the manual page, such as `vhost-device-console-attach`.
    String page() {
        return String.join("-", words);
    }

    /// Whether this is a device, which has a program name of its own, such as `vhost-device-blk`.
    boolean isDevice() {
        return spec.findOption("--print-capabilities") != null;
    }

    List<OptionDoc> options() {
        return OptionDoc.all(spec);
    }

    List<PositionalParamSpec> parameters() {
        return spec.positionalParameters().stream().filter(one -> !one.hidden()).toList();
    }

    /// The description, a paragraph each.
    List<String> paragraphs() {
        return List.of(spec.usageMessage().description());
    }

    /// The first sentence of the description, without the full stop.
    String summary() {
        return paragraphs().isEmpty() ? name() : Sentences.first(paragraphs().getFirst());
    }

    /// What the help text ends with, a paragraph each.
    List<String> footer() {
        return Stream.of(spec.usageMessage().footer())
                .filter(line -> !line.isBlank())
                .toList();
    }
}

package org.vhostdevice.packaging;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.INegatableOptionTransformer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/// An option as its users see it.
///
/// @param names all names with their dashes, short ones first, negated ones last
/// @param value the name of the value; empty if there is none
/// @param optional whether the value can be left out
/// @param repeatable whether the option can be given many times
/// @param kind what the value is
/// @param paragraphs the description, defaults filled in
record OptionDoc(
        List<String> names,
        String value,
        boolean optional,
        boolean repeatable,
        ValueKind kind,
        List<String> paragraphs) {
    private static final int SUMMARY = 72;

    /// The options of a command that are not hidden: by name, those that all commands have last.
    static List<OptionDoc> all(CommandSpec spec) {
        Stream<OptionSpec> shown = spec.options().stream().filter(option -> !option.hidden());
        return shown.sorted(OptionDoc::compare).map(option -> of(option, spec)).toList();
    }

    private static int compare(OptionSpec a, OptionSpec b) {
        int standard = Boolean.compare(isStandard(a), isStandard(b));
        return standard != 0 ? standard : mainName(a).compareTo(mainName(b));
    }

    /// The first long name.
    private static String mainName(OptionSpec option) {
        return Arrays.stream(option.names())
                .filter(OptionDoc::isLong)
                .findFirst()
                .orElse(option.longestName());
    }

    private static boolean isStandard(OptionSpec option) {
        return option.usageHelp() || option.versionHelp();
    }

    private static OptionDoc of(OptionSpec option, CommandSpec spec) {
        INegatableOptionTransformer negation = spec.negatableOptionTransformer();
        Stream<String> negated = option.negatable()
                ? Arrays.stream(option.names()).map(name -> negation.makeNegative(name, spec))
                : Stream.empty();
        Stream<String> plain = Arrays.stream(option.names()).sorted((a, b) -> Boolean.compare(isLong(a), isLong(b)));
        int values = option.arity().max();
        return new OptionDoc(
                Stream.concat(plain, negated).toList(),
                values == 0 ? "" : String.join(" ", Collections.nCopies(values, option.paramLabel())),
                values > 0 && option.arity().min() == 0,
                option.isMultiValue(),
                ValueKind.of(option),
                List.of(option.description()));
    }

    static boolean isLong(String name) {
        return name.startsWith("--");
    }

    /// The beginning of the description, for a line of a list: its first sentence, cut where it gets long.
    String summary() {
        return Sentences.cut(Sentences.first(paragraphs.isEmpty() ? "" : paragraphs.getFirst()), SUMMARY);
    }
}

package org.vhostdevice.packaging;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import picocli.CommandLine.Model.ArgSpec;

/// What a shell can offer for a value on the command line.
sealed interface ValueKind {
    /// Nothing: the option takes no value.
    record None() implements ValueKind {}

    /// Nothing either: a text, a number or a list with a syntax of its own.
    record Text() implements ValueKind {}

    /// Paths of files.
    record File() implements ValueKind {}

    /// Paths of directories.
    record Directory() implements ValueKind {}

    /// Groups of the host.
    record Group() implements ValueKind {}

    /// Some words.
    ///
    /// @param words all that are allowed
    record Choice(List<String> words) implements ValueKind {}

    /// Alternatives in the name of a value, such as `on|off`.
    Pattern ALTERNATIVES = Pattern.compile("[a-z0-9-]+(\\|[a-z0-9-]+)+");

    /// What an option or a parameter takes: told by its type, else by the name of its value.
    static ValueKind of(ArgSpec argument) {
        if (argument.arity().max() == 0) {
            return new None();
        }
        Class<?> type = argument.auxiliaryTypes()[0];
        if (type.isEnum()) {
            return new Choice(Arrays.stream(type.getEnumConstants())
                    .map(constant -> ((Enum<?>) constant).name().toLowerCase(Locale.ROOT))
                    .toList());
        }
        String label = argument.paramLabel();
        if (ALTERNATIVES.matcher(label).matches()) {
            return new Choice(List.of(label.split("\\|")));
        }
        return switch (label) {
            case "DIR" -> new Directory();
            case "GROUP" -> new Group();
            case "PATH|URI", "FILE", "PATH" -> new File();
            default -> Path.class.isAssignableFrom(type) ? new File() : new Text();
        };
    }
}

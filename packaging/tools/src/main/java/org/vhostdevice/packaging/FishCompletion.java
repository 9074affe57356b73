package org.vhostdevice.packaging;

import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.PositionalParamSpec;

/// Writes the completion for fish, 3.0 and later.
final class FishCompletion {
    private static final String CODE = """
            # fish completion for vhost-device, written by the build from its options

            # Whether the words before the cursor call the command that the arguments name.
            function __vhost_device_at
                set -l words (commandline -opc)
                set -l path (string replace -r '^(.*/)?vhost-device-?' '' -- $words[1])
                for word in $words[2..-1]
                    set -l next (string trim -- "$path $word")
                    contains -- "$next" @PATHS@; or break
                    set path $next
                end
                test "$path" = "$argv"
            end

            """;

    private FishCompletion() {}

    /// Writes the script for all names of the program.
    static String of(CommandDoc root) {
        String paths = root.all()
                .map(CommandDoc::path)
                .filter(path -> !path.isEmpty())
                .map(path -> "'" + path + "'")
                .collect(Collectors.joining(" "));
        StringBuilder out = new StringBuilder(CODE.replace("@PATHS@", paths));
        Programs.of(root)
                .forEach(program -> out.append("complete -c " + program.page() + " -e\ncomplete -c " + program.page())
                        .append(" -f\n"));
        root.all().forEach(command -> command(out, command));
        return out.toString();
    }

    /// Reads the script of the program, since fish looks for one under the name of a device.
    static String link() {
        return "# fish completion for a device under its own name\nsource (dirname (status filename))/vhost-device.fish\n";
    }

    private static void command(StringBuilder out, CommandDoc command) {
        String program = command.words().getFirst();
        String device = command.words().size() > 1 && isDevice(command)
                ? " -c " + program + "-" + command.words().get(1)
                : "";
        String beginning = "complete -c " + program + device + " -n \"__vhost_device_at " + command.path() + "\"";
        out.append('\n');
        for (CommandDoc below : command.below()) {
            out.append(beginning + " -a " + below.name() + description(below.summary()));
        }
        for (PositionalParamSpec one : command.parameters()) {
            if (ValueKind.of(one) instanceof ValueKind.File) {
                out.append(beginning + " -F\n");
            }
        }
        for (OptionDoc option : command.options()) {
            String names = option.names().stream()
                    .map(name -> OptionDoc.isLong(name) ? " -l " + name.substring(2) : " -s " + name.substring(1))
                    .collect(Collectors.joining());
            out.append(beginning + names + value(option) + description(option.summary()));
        }
    }

    private static boolean isDevice(CommandDoc command) {
        return command.spec().findOption("--print-capabilities") != null
                || command.spec().parent().findOption("--print-capabilities") != null;
    }

    private static String value(OptionDoc option) {
        // Only a value that must be there can stand behind a blank.
        String required = option.optional() ? "" : " -r";
        return switch (option.kind()) {
            case ValueKind.None _ -> "";
            case ValueKind.Text _ -> required + " -f";
            case ValueKind.File _ -> required + " -F";
            case ValueKind.Directory _ -> required + " -f -a '(__fish_complete_directories)'";
            case ValueKind.Group _ -> required + " -f -a '(__fish_complete_groups)'";
            case ValueKind.Choice(List<String> words) -> required + " -f -a '" + String.join(" ", words) + "'";
        };
    }

    private static String description(String text) {
        return " -d '" + text.replace("\\", "\\\\").replace("'", "\\'") + "'\n";
    }
}

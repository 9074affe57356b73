package org.vhostdevice.packaging;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Model.PositionalParamSpec;

/// Writes the completion for zsh.
final class ZshCompletion {
    private ZshCompletion() {}

    /// Writes the script for all names of the program.
    static String of(CommandDoc root) {
        StringBuilder out = new StringBuilder("#compdef "
                + Programs.of(root).map(CommandDoc::page).collect(Collectors.joining(" "))
                + "\n# zsh completion for vhost-device, written by the build from its options\n");
        root.all().forEach(command -> function(out, command));
        return out.append("\ncase ${service:t} in\n")
                .append("  vhost-device-*) _vhost-device_${${service:t}#vhost-device-} \"$@\" ;;\n")
                .append("  *) _vhost-device_ \"$@\" ;;\nesac\n")
                .toString();
    }

    private static String functionName(CommandDoc command) {
        return "_vhost-device_" + command.path().replace(' ', '_');
    }

    private static void function(StringBuilder out, CommandDoc command) {
        boolean parent = !command.below().isEmpty();
        out.append("\n" + functionName(command) + "() {\n");
        if (parent) {
            out.append("  local curcontext=$curcontext state line ret=1\n  typeset -A opt_args\n");
        }
        List<String> arguments = new ArrayList<>();
        command.options().forEach(option -> arguments.add(option(option)));
        for (PositionalParamSpec one : command.parameters()) {
            arguments.add("'" + (one.arity().max() > 1 ? "*" : "") + ":" + one.paramLabel() + ":"
                    + action(ValueKind.of(one)) + "'");
        }
        if (parent) {
            arguments.add("'1: :->command'");
            arguments.add("'*:: :->below'");
        }
        out.append("  _arguments " + (parent ? "-C " : "") + "-s -S \\\n    " + String.join(" \\\n    ", arguments));
        out.append(parent ? " && ret=0\n" : "\n");
        if (parent) {
            below(out, command);
        }
        out.append("}\n");
    }

    private static void below(StringBuilder out, CommandDoc command) {
        out.append("  case $state in\n    command)\n      local -a commands=(\n");
        for (CommandDoc one : command.below()) {
            out.append("        '" + one.name() + ":" + quoted(one.summary()).replace(":", "\\:") + "'\n");
        }
        out.append("      )\n      _describe -t commands command commands && ret=0\n      ;;\n");
        out.append("    below)\n      case $line[1] in\n");
        for (CommandDoc one : command.below()) {
            out.append("        " + one.name() + ") " + functionName(one) + " && ret=0 ;;\n");
        }
        out.append("      esac\n      ;;\n  esac\n  return ret\n");
    }

    /// One option for `_arguments`.
    private static String option(OptionDoc option) {
        boolean many = option.names().size() > 1;
        String description = "[" + quoted(option.summary()).replace("[", "\\[").replace("]", "\\]") + "]";
        String value =
                option.value().isEmpty() ? "" : ":" + option.value().replace(":", "\\:") + ":" + action(option.kind());
        String excluded = option.repeatable() ? "'*'" : many ? "'(" + String.join(" ", option.names()) + ")'" : "";
        String names = option.names().stream().map(name -> spelt(name, option)).collect(Collectors.joining(","));
        return excluded + (many ? "{" + names + "}" : names) + "'" + description + value + "'";
    }

    /// The name with the sign that says where the value is: behind `=` or a blank, behind `=` only, or behind a blank.
    private static String spelt(String name, OptionDoc option) {
        if (option.value().isEmpty()) {
            return name;
        }
        if (option.optional()) {
            return name + "=-";
        }
        return OptionDoc.isLong(name) && !option.value().contains(" ")
                ? name + "="
                : name + (OptionDoc.isLong(name) ? "" : "+");
    }

    private static String action(ValueKind kind) {
        return switch (kind) {
            case ValueKind.None _ -> "";
            case ValueKind.Text _ -> " ";
            case ValueKind.File _ -> "_files";
            case ValueKind.Directory _ -> "_files -/";
            case ValueKind.Group _ -> "_groups";
            case ValueKind.Choice(List<String> words) -> "(" + String.join(" ", words) + ")";
        };
    }

    /// Text between single quotes.
    private static String quoted(String text) {
        return Stream.of(text.split("'", -1)).collect(Collectors.joining("'\\''"));
    }
}

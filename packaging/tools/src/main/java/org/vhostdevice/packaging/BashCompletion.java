package org.vhostdevice.packaging;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Writes the completion for bash, 3.2 (macOS) and later.
final class BashCompletion {
    private static final String CODE = """
            # shellcheck disable=SC2207 # macOS has a bash without mapfile
            # The command that the words before the cursor call, in $path: such as 'console attach', or nothing.
            _vhost_device_path() {
              local name=${COMP_WORDS[0]##*/} i=1 next
              path=''
              case $name in
                vhost-device-*) path=${name#vhost-device-} ;;
              esac
              while ((i < COMP_CWORD)); do
                next="$path${path:+ }${COMP_WORDS[i]}"
                case "$next" in
                  @PATHS@) path=$next ;;
                  *) return ;;
                esac
                i=$((i + 1))
              done
            }

            _vhost_device() {
              local cur=${COMP_WORDS[COMP_CWORD]} prev='' path words='' kind IFS=$' \\t\\n'
              if ((COMP_CWORD > 0)); then
                prev=${COMP_WORDS[COMP_CWORD - 1]}
              fi
              # '--option=value' is three words for bash.
              if [ "$cur" = '=' ]; then
                cur=''
              elif [ "$prev" = '=' ] && ((COMP_CWORD > 1)); then
                prev=${COMP_WORDS[COMP_CWORD - 2]}
              fi
              _vhost_device_path
              kind=$(_vhost_device_value "$path" "$prev")
              COMPREPLY=()
              case $kind in
                file | directory)
                  compopt -o filenames 2>/dev/null
                  IFS=$'\\n'
                  if [ "$kind" = file ]; then
                    COMPREPLY=($(compgen -f -- "$cur"))
                  else
                    COMPREPLY=($(compgen -d -- "$cur"))
                  fi
                  return
                  ;;
                group) COMPREPLY=($(compgen -g -- "$cur")) && return ;;
                text) return ;;
                words\\ *) words=${kind#words } ;;
                *)
                  words=$(_vhost_device_words "$path")
                  case $cur in
                    -*) ;;
                    *)
                      if _vhost_device_takes_file "$path"; then
                        compopt -o filenames 2>/dev/null
                        IFS=$'\\n'
                        COMPREPLY=($(compgen -f -- "$cur"))
                        return
                      fi
                      ;;
                  esac
                  ;;
              esac
              COMPREPLY=($(compgen -W "$words" -- "$cur"))
            }

            complete -F _vhost_device @PROGRAMS@
            """;

    private BashCompletion() {}

    /// Writes the script for all names of the program.
    static String of(CommandDoc root) {
        StringBuilder out =
                new StringBuilder("# bash completion for vhost-device, written by the build from its options\n\n");
        out.append("# COMMAND: what may follow it.\n_vhost_device_words() {\n  case $1 in\n");
        root.all()
                .forEach(command -> out.append("    '" + command.path() + "')\n      echo \"")
                        .append(words(command))
                        .append("\"\n      ;;\n"));
        out.append("  esac\n}\n\n# COMMAND OPTION: what its value is.\n_vhost_device_value() {\n  case \"$1 $2\" in\n");
        root.all().forEach(command -> command.options().forEach(option -> values(out, command, option)));
        out.append("  esac\n}\n\n# COMMAND: whether it takes a file without an option.\n");
        out.append("_vhost_device_takes_file() {\n  case $1 in\n");
        root.all()
                .filter(command ->
                        command.parameters().stream().anyMatch(one -> ValueKind.of(one) instanceof ValueKind.File))
                .forEach(command -> out.append("    '" + command.path() + "') ;;\n"));
        out.append("    *) return 1 ;;\n  esac\n}\n\n");
        return out.append(CODE.replace("@PATHS@", paths(root)).replace("@PROGRAMS@", programs(root)))
                .toString();
    }

    /// Reads the script of the program, for shells that look for one under the name of a device.
    static String link() {
        return "# bash completion for a device under its own name\n. \"${BASH_SOURCE[0]%/*}/vhost-device\"\n";
    }

    private static String words(CommandDoc command) {
        Stream<String> below = command.below().stream().map(CommandDoc::name);
        Stream<String> options = command.options().stream().flatMap(option -> option.names().stream());
        return Stream.concat(below, options).collect(Collectors.joining(" "));
    }

    private static void values(StringBuilder out, CommandDoc command, OptionDoc option) {
        String value = switch (option.kind()) {
            case ValueKind.None _ -> "";
            case ValueKind.Text _ -> "text";
            case ValueKind.File _ -> "file";
            case ValueKind.Directory _ -> "directory";
            case ValueKind.Group _ -> "group";
            case ValueKind.Choice(List<String> words) -> "words " + String.join(" ", words);
        };
        // A value that may be left out is given behind '=' only.
        if (!value.isEmpty()) {
            String names = option.names().stream()
                    .map(name -> "'" + command.path() + " " + name + "'")
                    .collect(Collectors.joining(" | "));
            out.append("    " + names + ") echo '" + value + "' ;;\n");
        }
    }

    private static String paths(CommandDoc root) {
        return root.all()
                .map(CommandDoc::path)
                .filter(path -> !path.isEmpty())
                .map(path -> "'" + path + "'")
                .collect(Collectors.joining(" | "));
    }

    private static String programs(CommandDoc root) {
        return Programs.of(root).map(CommandDoc::page).collect(Collectors.joining(" "));
    }
}

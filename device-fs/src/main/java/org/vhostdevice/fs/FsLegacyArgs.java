package org.vhostdevice.fs;

import java.util.List;
import java.util.Map;
import java.util.Stack;
import picocli.CommandLine.IParameterPreprocessor;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/// Options of the first virtiofsd, as old management tools give them.
@SuppressWarnings("UnusedVariable") // what they say is said by others, or always so
final class FsLegacyArgs {
    @Option(
            names = "-o",
            hidden = true,
            paramLabel = "SETTINGS",
            preprocessor = Settings.class,
            description = "Settings in the words of the first virtiofsd, separated by commas.")
    private List<String> settings = List.of();

    @Option(names = "-f", hidden = true, description = "Stay in the foreground, as always.")
    private boolean foreground;

    /// Puts the options of today in place of settings.
    static final class Settings implements IParameterPreprocessor {
        private static final List<String> WITH_VALUE = List.of("cache", "sandbox", "xattrmap", "modcaps", "log_level");
        private static final List<String> ON =
                List.of("xattr", "posix_acl", "writeback", "allow_direct_io", "killpriv_v2", "announce_submounts");

        /// Those without an option of today: what they say is always so.
        private static final List<String> IGNORED = List.of(
                "readdirplus", "no_xattr", "no_posix_acl", "no_writeback", "no_allow_direct_io", "flock", "posix_lock");

        @Override
        @SuppressWarnings("JdkObsolete") // the parser's stack
        public boolean preprocess(
                Stack<String> words, CommandSpec command, ArgSpec option, Map<String, Object> information) {
            if (words.isEmpty()) {
                return false;
            }
            for (String setting : words.pop().split(",", -1)) {
                String word = word(setting);
                if (word.isEmpty()) {
                    throw new ParameterException(command.commandLine(), "-o knows no '" + setting + "'");
                }
                if (!word.equals(setting)) {
                    String _ = words.push(word);
                }
            }
            return true;
        }

        /// The option of today, the setting itself if it needs none, or nothing if it is unknown.
        private static String word(String setting) {
            int equals = setting.indexOf('=');
            String name = equals < 0 ? setting : setting.substring(0, equals);
            String today = "--" + name.replace('_', '-');
            if (equals >= 0) {
                String value = setting.substring(equals);
                return name.equals("source") ? "--shared-dir" + value : WITH_VALUE.contains(name) ? today + value : "";
            }
            if (ON.contains(name) || name.equals("no_readdirplus") || name.equals("no_killpriv_v2")) {
                return today;
            }
            return IGNORED.contains(name) ? setting : "";
        }
    }
}

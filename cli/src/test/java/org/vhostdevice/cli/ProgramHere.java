package org.vhostdevice.cli;

import java.util.List;
import picocli.CommandLine;

/// The program in this process, for tests of other packages.
public final class ProgramHere {
    private ProgramHere() {}

    /// Runs a command to its end.
    ///
    /// @param words behind the program's name
    /// @return what it printed
    /// @throws AssertionError if its exit status is not 0
    public static String run(String... words) {
        CommandRun run = CommandRun.of(words);
        if (run.status() != 0) {
            throw new AssertionError(String.join(" ", words) + ": " + run);
        }
        return run.out();
    }

    /// Parses a command line, and does nothing else.
    ///
    /// @param words behind the program's name
    /// @throws CommandLine.ParameterException if an option does not exist, or has no value of its type
    public static void parse(List<String> words) {
        CommandLine.ParseResult _ =
                Main.commands().setCaseInsensitiveEnumValuesAllowed(true).parseArgs(words.toArray(String[]::new));
    }
}

package org.vhostdevice.cli;

import java.io.IOException;
import java.io.PrintWriter;
import org.vhostdevice.core.device.UsageException;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/// Turns failures into one line for the person who typed the command, and an exit status.
final class Failures {
    private Failures() {}

    /// Options that the parser refused.
    static int ofUsage(ParameterException e, String[] args) {
        return usage(e.getCommandLine(), e);
    }

    /// What a command threw.
    static int ofExecution(Exception e, CommandLine command, ParseResult parsed) {
        if (e instanceof UsageException) {
            return usage(command, e);
        }
        print(command, e instanceof IOException ? String.valueOf(e.getMessage()) : "internal error: " + e);
        if (StderrLogger.showsStacks()) {
            e.printStackTrace(command.getErr());
        }
        return ExitCode.SOFTWARE;
    }

    private static int usage(CommandLine command, Exception e) {
        print(command, e.getMessage() + " (see '" + command.getCommandSpec().qualifiedName() + " --help')");
        return ExitCode.USAGE;
    }

    private static void print(CommandLine command, String message) {
        PrintWriter err = command.getErr();
        err.println(command.getCommandSpec().qualifiedName() + ": " + message.replaceAll("\\R+", " "));
    }
}

package org.vhostdevice.cli.check;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.cli.child.ChildBackEnd;
import org.vhostdevice.core.check.SocketTarget;
import org.vhostdevice.core.device.UsageException;
import picocli.CommandLine.Option;

/// Options that say which back end is checked.
final class TargetChoice {
    @Option(names = "--socket", paramLabel = "PATH", description = "Check the back end that serves this socket.")
    private @Nullable Path socket;

    @Option(
            names = "--pid",
            paramLabel = "PID",
            description = "With --socket: the back end's process, to look for descriptors that it leaks.")
    private @Nullable Long pid;

    @Option(
            names = "--command",
            paramLabel = "COMMAND",
            description = "Start the back end with this command of the shell, in which {socket} stands for the path of"
                    + " its socket, and start it again when it has ended. It must stay in the foreground.")
    private @Nullable String command;

    @Option(
            names = "--resize",
            paramLabel = "COMMAND",
            description = "Change the size of the medium with this command of the shell, to see whether the back end"
                    + " tells its driver.")
    private @Nullable String resize;

    /// The command that changes the size of the medium, if one was given.
    Optional<String> resize() {
        return Optional.ofNullable(resize);
    }

    /// The command, if that was given.
    ///
    /// @throws UsageException if the options do not go together
    Optional<String> command() throws UsageException {
        if ((socket == null) == (command == null)) {
            throw new UsageException("give one of --socket PATH and --command COMMAND");
        }
        if (pid != null && (socket == null || ProcessHandle.of(pid).isEmpty())) {
            throw new UsageException("--pid goes with --socket and is a process that runs");
        }
        if (resize != null && command == null) {
            throw new UsageException("--resize goes with --command");
        }
        if (command != null && !command.contains(ChildBackEnd.PLACE)) {
            throw new UsageException("write " + ChildBackEnd.PLACE + " where the command '" + command
                    + "' takes the path of its socket");
        }
        return Optional.ofNullable(command);
    }

    /// The back end that somebody else has started.
    ///
    /// @throws UsageException if a command was given instead
    SocketTarget served() throws UsageException {
        if (socket == null) {
            throw new UsageException("give --socket PATH");
        }
        return new SocketTarget(socket, Optional.ofNullable(pid));
    }
}

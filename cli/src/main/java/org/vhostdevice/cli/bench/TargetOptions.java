package org.vhostdevice.cli.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.cli.child.ChildBackEnd;
import org.vhostdevice.core.device.UsageException;
import picocli.CommandLine.Option;

/// Options that say which back ends are measured.
final class TargetOptions {
    private static final int COMPARED = 2;
    private static final int LOAD_ROUNDS = 5;
    private static final int START_ROUNDS = 11;

    @Option(names = "--socket", paramLabel = "PATH", description = "Attach to the back end that serves this socket.")
    private @Nullable Path socket;

    @Option(
            names = "--pid",
            paramLabel = "PID",
            description = "With --socket: the back end's process, if it is not the one that opened the socket.")
    private @Nullable Long pid;

    @Option(
            names = "--command",
            paramLabel = "COMMAND",
            description = "Start the back end with this command of the shell, in which {socket} stands for the path of"
                    + " its socket. It must stay in the foreground; it is ended with SIGTERM.")
    private @Nullable String command;

    @Option(
            names = "--compare",
            arity = "2",
            paramLabel = "COMMAND",
            description = "Start back ends with these two commands in turns, for each load anew, and compare them.")
    private List<String> compared = List.of();

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "How often --compare (default: 5) or --startup (default: 11) measures each command.")
    private @Nullable Integer rounds;

    @Option(
            names = "--startup",
            description = "Put no load on the commands: measure the time until the socket can be connected to, and the"
                    + " resident memory then.")
    private boolean startup;

    /// Checks that the options go together.
    ///
    /// @throws UsageException if they do not
    void check() throws UsageException {
        int targets = (socket == null ? 0 : 1) + (command == null ? 0 : 1) + (compared.isEmpty() ? 0 : 1);
        if (targets != 1) {
            throw new UsageException("give one of --socket PATH, --command COMMAND and --compare COMMAND COMMAND");
        }
        if (pid != null && (socket == null || ProcessHandle.of(pid).isEmpty())) {
            throw new UsageException("--pid goes with --socket and is a process that runs");
        }
        if (startup && socket != null) {
            throw new UsageException("--startup goes with --command or --compare");
        }
        if (rounds != null && (rounds < 1 || (!startup && compared.isEmpty()))) {
            throw new UsageException("--rounds must be 1 or more and goes with --compare or --startup");
        }
        if (!compared.isEmpty() && compared.size() != COMPARED) {
            throw new UsageException("--compare takes two commands, once");
        }
        for (String one : commands()) {
            if (!one.contains(ChildBackEnd.PLACE)) {
                throw new UsageException("write " + ChildBackEnd.PLACE + " where the command '" + one
                        + "' takes the path of its socket");
            }
        }
    }

    @Nullable
    Path socket() {
        return socket;
    }

    /// The process named for [#socket].
    Optional<ProcessHandle> process() {
        return Optional.ofNullable(pid).flatMap(ProcessHandle::of);
    }

    /// None, one, or two to be compared.
    List<String> commands() {
        return command == null ? compared : List.of(command);
    }

    boolean startup() {
        return startup;
    }

    int rounds() {
        if (rounds != null) {
            return rounds;
        }
        return startup ? START_ROUNDS : LOAD_ROUNDS;
    }
}

package org.vhostdevice.cli.check;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.check.CheckOptions;
import org.vhostdevice.core.check.CheckReport;
import org.vhostdevice.core.check.CheckResult;
import org.vhostdevice.core.check.CheckRunner;
import org.vhostdevice.core.check.DeviceKind;
import org.vhostdevice.core.check.RingFormat;
import org.vhostdevice.core.check.Suites;
import org.vhostdevice.core.check.Target;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.sys.Capability;
import org.vhostdevice.core.sys.Notification;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Checks whether a back end obeys the specifications.
@Command(
        name = "check",
        mixinStandardHelpOptions = true,
        description = "Check any vhost-user back end against the vhost-user and virtio specifications."
                + " Exit status: 1 if a MUST is violated or the back end cannot be reached, 0 otherwise.")
public final class CheckCommand implements Callable<Integer> {
    private static final double MILLIS = 1000;

    @Mixin
    private final TargetChoice target = new TargetChoice();

    @Option(
            names = "--device",
            paramLabel = "TYPE",
            description = "Type of the device: blk, vsock, console or fs; found out if possible.")
    private @Nullable DeviceKind device;

    @Option(
            names = "--only",
            split = ",",
            paramLabel = "GLOB",
            description = "Make only the checks whose id or suite matches, such as 'U8*' or 'blk'.")
    private List<String> only = List.of();

    @Option(names = "--split", description = "Use split rings; by default both formats, if they are offered.")
    private boolean split;

    @Option(names = "--packed", description = "Use packed rings; by default both formats, if they are offered.")
    private boolean packed;

    @Option(
            names = "--notify",
            paramLabel = "KIND",
            description = "What kicks and calls are made of: eventfd or pipe; by default the host's best.")
    private Notification.@Nullable Kind notifications;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "2",
            description = "How long to wait for what must happen (default: ${DEFAULT-VALUE}).")
    private double timeout;

    @Option(names = "--destructive", description = "Make the checks that overwrite what is on the medium, too.")
    private boolean destructive;

    @Option(
            names = "--vsock-uds",
            paramLabel = "PATH",
            description = "Where a socket device has the Unix sockets of its host side: it connects to PATH_PORT for"
                    + " the guest, and takes 'CONNECT PORT' on PATH.")
    private @Nullable Path vsockUds;

    @Option(names = "--list", description = "List the checks and make none.")
    private boolean list;

    @Option(names = "--json", description = "Print the results, or the list, as JSON.")
    private boolean json;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /// The command before its options are parsed.
    public CheckCommand() {}

    @Override
    public Integer call() throws UsageException, IOException {
        Glob wanted = Glob.any(only);
        if (Suites.checks().noneMatch(check -> wanted.test(check.clause().id(), check.suite()))) {
            throw new UsageException("no check matches --only " + String.join(",", only) + "; --list shows all");
        }
        if (list) {
            return list(wanted);
        }
        if (!(timeout >= 1 / MILLIS)) {
            throw new UsageException("--timeout must be 0.001 or more");
        }
        Optional<String> command = target.command();
        if (command.isEmpty()) {
            return check(target.served(), Optional.empty(), wanted);
        }
        Optional<DeviceKind> printed = device == null ? PrintedType.ask(command.get()) : Optional.empty();
        try (CommandTarget started = new CommandTarget(command.get(), target.resize())) {
            return check(started, printed, wanted);
        }
    }

    private int list(Glob wanted) {
        List<Suites.Entry> checks = Suites.checks()
                .filter(check -> wanted.test(check.clause().id(), check.suite()))
                .toList();
        print(json ? CheckJson.list(checks) : CheckText.list(checks));
        return ExitCode.OK;
    }

    private int check(Target backEnd, Optional<DeviceKind> printed, Glob wanted) throws IOException {
        CheckText text = new CheckText();
        Consumer<CheckResult> listener = json ? _ -> {} : result -> print(text.line(result));
        CheckReport report = CheckRunner.run(backEnd, options(printed), wanted, listener);
        print(json ? CheckJson.report(report) : CheckText.summary(report));
        return report.conforms() ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private CheckOptions options(Optional<DeviceKind> printed) {
        Set<RingFormat> formats = EnumSet.noneOf(RingFormat.class);
        if (split || !packed) {
            boolean _ = formats.add(RingFormat.SPLIT);
        }
        if (packed || !split) {
            boolean _ = formats.add(RingFormat.PACKED);
        }
        Notification.Kind best = Capability.EVENTFD.available() ? Notification.Kind.EVENTFD : Notification.Kind.PIPE;
        return new CheckOptions(
                Optional.ofNullable(device).or(() -> printed),
                formats,
                notifications == null ? best : notifications,
                Duration.ofMillis((long) (timeout * MILLIS)),
                destructive,
                Optional.ofNullable(vsockUds));
    }

    private void print(String text) {
        PrintWriter out = spec.commandLine().getOut();
        out.print(text);
        out.flush();
    }
}

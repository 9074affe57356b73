package org.vhostdevice.cli.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.vhostdevice.cli.child.ChildBackEnd;
import org.vhostdevice.cli.child.ProcessTree;
import org.vhostdevice.core.device.UsageException;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Puts load on any vhost-user device and measures, or compares two.
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = "Measure any vhost-user back end, or compare two, in fio's words."
                + " Loads that write, and --verify, overwrite what is on the disk.")
public final class BenchCommand implements Callable<Integer> {
    @Mixin
    private final TargetOptions target = new TargetOptions();

    @Mixin
    private final LoadOptions load = new LoadOptions();

    @Option(names = "--json", description = "Print the results as JSON.")
    private boolean json;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /// The command before its options are parsed.
    public BenchCommand() {}

    @Override
    public Integer call() throws Exception {
        target.check();
        load.check();
        List<Job> jobs = load.jobs();
        if (target.startup()) {
            start();
        } else if (target.commands().size() > 1) {
            compare(jobs);
        } else {
            single(jobs);
        }
        return ExitCode.OK;
    }

    private void single(List<Job> jobs) throws Exception {
        List<Measurement> results = new ArrayList<>();
        List<List<Measurement>> ceilings = new ArrayList<>();
        Path socket = target.socket();
        for (Job job : jobs) {
            Measurement result = socket == null
                    ? measure(target.commands().getFirst(), job, "")
                    : runner().run(socket, target.process(), job, "");
            results.add(result);
            List<Measurement> ceiling = ceiling(job, 1);
            ceilings.add(ceiling);
            if (!json) {
                out().print(TextReport.single(result) + TextReport.ceiling(ceiling));
                out().flush();
            }
        }
        if (json) {
            out().println(JsonReport.single(results, ceilings));
        }
    }

    private void compare(List<Job> jobs) throws Exception {
        List<Comparison<Measurement>> results = new ArrayList<>();
        List<List<Measurement>> ceilings = new ArrayList<>();
        for (Job job : jobs) {
            results.add(Comparison.alternate(
                    target.commands(), target.rounds(), (command, label) -> measure(command, job, label)));
            ceilings.add(ceiling(job, target.rounds()));
        }
        StringBuilder text = new StringBuilder();
        if (json) {
            text.append(JsonReport.compared(target.commands(), results, ceilings))
                    .append('\n');
        } else {
            text.append(TextReport.commands(target.commands())).append(TextReport.compared(results));
            ceilings.forEach(ceiling -> text.append(TextReport.ceiling(ceiling)));
        }
        out().print(text);
        out().flush();
    }

    private void start() throws Exception {
        List<String> commands = target.commands();
        if (commands.size() == 1) {
            List<Start> starts = new ArrayList<>();
            for (int round = 0; round < target.rounds(); round++) {
                starts.add(started(commands.getFirst()));
            }
            out().print(json ? JsonReport.starts(List.of(starts)) + '\n' : TextReport.starts(List.of(starts)));
        } else {
            Comparison<Start> both = Comparison.alternate(commands, target.rounds(), (command, _) -> started(command));
            List<List<Start>> sides = List.of(both.a(), both.b());
            out().print(
                            json
                                    ? JsonReport.starts(sides) + '\n'
                                    : TextReport.commands(commands) + TextReport.starts(sides));
        }
        out().flush();
    }

    private Measurement measure(String command, Job job, String label)
            throws IOException, UsageException, InterruptedException {
        try (ChildBackEnd backEnd = new ChildBackEnd(command)) {
            try {
                return runner().run(backEnd.socket(), Optional.of(backEnd.root()), job, label);
            } catch (IOException e) {
                throw backEnd.explained(e);
            }
        }
    }

    /// The job without a device, if that is asked for.
    private List<Measurement> ceiling(Job job, int rounds) throws IOException, UsageException {
        List<Measurement> results = new ArrayList<>();
        for (int round = 0; load.ceiling() && round < rounds; round++) {
            results.add(runner().ceiling(job));
        }
        return results;
    }

    private static Start started(String command) throws IOException, InterruptedException {
        try (ChildBackEnd backEnd = new ChildBackEnd(command)) {
            int peer = backEnd.peerPid();
            long pid = peer > 0 ? peer : backEnd.root().pid();
            return new Start(backEnd.startTime(), ProcessTree.residentBytes(pid));
        }
    }

    private JobRunner runner() {
        return new JobRunner(load, new Progress(spec.commandLine().getErr(), Progress.onTerminal()));
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}

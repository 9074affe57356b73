package org.vhostdevice.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import org.vhostdevice.cli.bench.BenchCommand;
import org.vhostdevice.cli.check.CheckCommand;
import org.vhostdevice.cli.doctor.DoctorCommand;
import org.vhostdevice.core.device.DeviceProvider;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;

/// The entry point of the command.
public final class Main {
    private static final List<String> VERSION = List.of("--version", "-V");

    private Main() {}

    /// Runs the command and exits with its status.
    ///
    /// @param args the command line
    public static void main(String[] args) {
        System.exit(run(args, System.out, System.err, true));
    }

    /// Runs the command in a process that has other things to do too.
    ///
    /// @param args the command line
    /// @param out for what was asked for
    /// @param err for errors, one line each
    /// @return 0 for success, 1 for a failure, 2 for options that cannot be obeyed
    static int run(String[] args, PrintStream out, PrintStream err) {
        return run(args, out, err, false);
    }

    private static int run(String[] args, PrintStream out, PrintStream err, boolean ownsProcess) {
        if (args.length == 1 && VERSION.contains(args[0])) {
            out.println(RootCommand.Version.text()); // needs no options, which take most of a start
            return CommandLine.ExitCode.OK;
        }
        List<DeviceProvider> devices = Devices.all();
        Optional<DeviceProvider> described = Capabilities.asked(args, devices);
        if (described.isPresent()) {
            out.println(Capabilities.json(described.get()));
            return CommandLine.ExitCode.OK;
        }
        // The options of other devices need not be known, which takes a tenth of each start.
        CommandLine root = devices.stream()
                .filter(device -> args.length > 0 && args[0].equals(device.name()))
                .findFirst()
                .map(device -> withDevices(List.of(device), ownsProcess))
                .orElseGet(() -> addTools(withDevices(devices, ownsProcess)));
        return root.setOut(new PrintWriter(out, true, out.charset()))
                .setErr(new PrintWriter(err, true, err.charset()))
                .setColorScheme(Help.defaultColorScheme(Help.Ansi.OFF))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(Failures::ofUsage)
                .setExecutionExceptionHandler(Failures::ofExecution)
                .execute(args);
    }

    /// All commands with their options, for programs that describe them: manual pages, completion in shells.
    ///
    /// @return the program's own command; those below are its subcommands
    public static CommandLine commands() {
        return addTools(withDevices(Devices.all(), false));
    }

    private static CommandLine withDevices(List<DeviceProvider> devices, boolean ownsProcess) {
        CommandLine root = new CommandLine(new RootCommand());
        devices.forEach(device -> root.addSubcommand(device.name(), DeviceCommand.of(device, ownsProcess)));
        return root;
    }

    private static CommandLine addTools(CommandLine root) {
        root.addSubcommand(new QuickstartCommand());
        root.addSubcommand(new TrainingCommand());
        for (Object command : List.of(new BenchCommand(), new CheckCommand(), new DoctorCommand())) {
            CommandLine tool = new CommandLine(command);
            CommandSpec _ = tool.getCommandSpec().versionProvider(new RootCommand.Version());
            root.addSubcommand(tool);
        }
        return root;
    }
}

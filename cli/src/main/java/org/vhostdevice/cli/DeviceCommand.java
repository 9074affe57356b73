package org.vhostdevice.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jline.utils.Signals;
import org.vhostdevice.core.device.DeviceArguments;
import org.vhostdevice.core.device.DeviceProvider;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.session.ServerOptions;
import org.vhostdevice.core.sys.ServiceManager;
import org.vhostdevice.core.sys.ServiceManager.PassedSocket;
import org.vhostdevice.core.transport.Endpoint;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/// Serves a device, or several, until a signal ends it. There is one such command for each device on the class
/// path.
@Command(mixinStandardHelpOptions = true, versionProvider = RootCommand.Version.class)
final class DeviceCommand implements Callable<Integer> {
    private static final String POLL = "--poll-us";
    private static final int MAX_POLL_MICROS = 1000;

    private final DeviceProvider provider;
    private final DeviceArguments arguments;
    private final boolean ownsProcess;

    @Mixin
    private final SocketOptions socket = new SocketOptions();

    @Mixin
    private final FeatureOptions features = new FeatureOptions();

    @Option(
            names = POLL,
            paramLabel = "N",
            description =
                    "Look at an empty ring for N microseconds before its thread sleeps, when that has paid lately;"
                            + " 0 to 1000 (default: ${DEFAULT-VALUE}).")
    private int pollMicros;

    @Mixin
    private final LogOptions log = new LogOptions();

    private DeviceCommand(DeviceProvider provider, boolean ownsProcess) {
        this.provider = provider;
        this.ownsProcess = ownsProcess;
        this.arguments = provider.arguments();
    }

    /// The command of a device, with the device's own options beside the common ones.
    ///
    /// @param ownsProcess whether the process is this command's own, to be confined as it likes
    static CommandLine of(DeviceProvider provider, boolean ownsProcess) {
        DeviceCommand command = new DeviceCommand(provider, ownsProcess);
        CommandSpec spec = CommandSpec.forAnnotatedObject(command);
        CommandSpec _ = spec.addMixin("device", CommandSpec.forAnnotatedObjectLenient(command.arguments));
        // Seen before the command line is parsed; here for the help text only.
        CommandSpec _ = spec.addOption(OptionSpec.builder(Capabilities.OPTION)
                .description("Print what this device can do as JSON, and exit; other options are ignored.")
                .build());
        spec.defaultValueProvider(argument ->
                argument.isOption() && ((OptionSpec) argument).longestName().equals(POLL)
                        ? Integer.toString(provider.pollMicros())
                        : argument.defaultValue());
        spec.usageMessage().description(provider.summary() + ".");
        CommandLine line = new CommandLine(spec);
        for (Callable<Integer> below : provider.commands()) {
            CommandLine other = new CommandLine(below);
            CommandSpec _ = other.getCommandSpec().versionProvider(new RootCommand.Version());
            line.addSubcommand(other);
        }
        return line;
    }

    @Override
    public Integer call() throws UsageException, IOException {
        log.apply();
        ServerOptions options = features.apply(provider).withBusyWait(busyWaitNanos());
        List<Endpoint> endpoints = new ArrayList<>();
        List<DeviceArguments> all = new ArrayList<>();
        name(endpoints, all);
        try (StopSignal signal = new StopSignal();
                Sockets sockets = Sockets.of(endpoints, ownsProcess, log.toSystemLog());
                ServedDevices devices = new ServedDevices(provider.name(), options)) {
            for (DeviceArguments each : all) {
                each.prepare(sockets);
            }
            // The sockets come first: if one cannot be had, nothing else is made.
            sockets.openSockets();
            for (int i = 0; i < all.size(); i++) {
                devices.add(endpoints.get(i), sockets.take(), all.get(i));
            }
            signal.onArrival(() -> {
                sockets.manager().tell(ServiceManager.STOPPING);
                devices.stop();
            });
            Signals.register("HUP", devices::reload);
            sockets.manager().tell(ServiceManager.READY);
            devices.run();
            sockets.manager().tell(ServiceManager.STOPPING);
        }
        return ExitCode.OK;
    }

    /// Lists the devices that the command line names.
    private void name(List<Endpoint> endpoints, List<DeviceArguments> all) throws UsageException, IOException {
        List<PassedSocket> passed = ownsProcess ? ServiceManager.sockets(System.getenv()) : List.of();
        Path path = socket.path();
        List<DeviceArguments.Further> further = path == null ? List.of() : arguments.inPlaceOf(path);
        if (further.isEmpty()) {
            further = arguments.further();
            if (further.isEmpty() || socket.isGiven()) {
                endpoints.add(socket.endpoint(passed));
                all.add(arguments);
            }
        }
        for (DeviceArguments.Further one : further) {
            endpoints.add(socket.endpoint(one.place(), passed));
            all.add(one.arguments());
        }
    }

    private long busyWaitNanos() throws UsageException {
        if (pollMicros < 0 || pollMicros > MAX_POLL_MICROS) {
            throw new UsageException("--poll-us must be 0 to " + MAX_POLL_MICROS + ", not " + pollMicros);
        }
        return TimeUnit.MICROSECONDS.toNanos(pollMicros);
    }
}

package org.vhostdevice.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jline.utils.Signals;
import org.vhostdevice.core.device.DeviceArguments;
import org.vhostdevice.core.device.DeviceProvider;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.session.ServerOptions;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/// Serves a device, or several, until a signal ends it. There is one such command for each device on the class path.
@Command(mixinStandardHelpOptions = true, versionProvider = RootCommand.Version.class)
final class DeviceCommand implements Callable<Integer> {
    private static final int MAX_POLL_MICROS = 1000;

    private final DeviceProvider provider;
    private final DeviceArguments arguments;

    @Mixin
    private final SocketOptions socket = new SocketOptions();

    @Mixin
    private final FeatureOptions features = new FeatureOptions();

    @Option(
            names = "--poll-us",
            paramLabel = "N",
            defaultValue = "5",
            description =
                    "Look at an empty ring for N microseconds before its thread sleeps, when that has paid lately;"
                            + " 0 to 1000 (default: ${DEFAULT-VALUE}).")
    private int pollMicros;

    @Mixin
    private final LogOptions log = new LogOptions();

    private DeviceCommand(DeviceProvider provider) {
        this.provider = provider;
        this.arguments = provider.arguments();
    }

    /// The command of a device, with the device's own options beside the common ones.
    static CommandLine of(DeviceProvider provider) {
        DeviceCommand command = new DeviceCommand(provider);
        CommandSpec spec = CommandSpec.forAnnotatedObject(command);
        CommandSpec _ = spec.addMixin("device", CommandSpec.forAnnotatedObjectLenient(command.arguments));
        // Seen before the command line is parsed; here for the help text only.
        CommandSpec _ = spec.addOption(OptionSpec.builder(Capabilities.OPTION)
                .description("Print what this device can do as JSON, and exit; other options are ignored.")
                .build());
        spec.usageMessage().description(provider.summary() + ".");
        return new CommandLine(spec);
    }

    @Override
    public Integer call() throws UsageException, IOException {
        log.apply();
        ServerOptions options = features.apply(provider).withBusyWait(busyWaitNanos());
        List<DeviceArguments.Further> further = arguments.further();
        try (StopSignal signal = new StopSignal();
                ServedDevices devices = new ServedDevices(provider.name(), options)) {
            if (further.isEmpty() || socket.isGiven()) {
                devices.add(socket.endpoint(), arguments);
            }
            for (DeviceArguments.Further one : further) {
                devices.add(socket.endpoint(one.socket()), one.arguments());
            }
            signal.onArrival(devices::stop);
            Signals.register("HUP", devices::reload);
            devices.run();
        }
        return ExitCode.OK;
    }

    private long busyWaitNanos() throws UsageException {
        if (pollMicros < 0 || pollMicros > MAX_POLL_MICROS) {
            throw new UsageException("--poll-us must be 0 to " + MAX_POLL_MICROS + ", not " + pollMicros);
        }
        return TimeUnit.MICROSECONDS.toNanos(pollMicros);
    }
}

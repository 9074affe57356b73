package org.vhostdevice.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.vhostdevice.core.device.DeviceArguments;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.core.frontend.BlkWorkload.Access;
import org.vhostdevice.core.frontend.LoadReport;
import org.vhostdevice.core.session.FeatureNames;
import org.vhostdevice.core.sys.HostAbi;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Shows that the program works on this machine: serves a disk, uses it through the built-in front end, and says how a
/// virtual machine attaches one.
@Command(
        name = "quickstart",
        mixinStandardHelpOptions = true,
        versionProvider = RootCommand.Version.class,
        description =
                "Serve a small disk, check and measure it with the built-in front end, and show how to attach QEMU.")
final class QuickstartCommand implements Callable<Integer> {
    private static final long MIB = 1 << 20;
    private static final Duration LOAD = Duration.ofSeconds(1);

    @Mixin
    private final LogOptions log = new LogOptions();

    @Option(names = "--keep", description = "Go on serving the disk until Ctrl-C.")
    private boolean keep;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws UsageException, IOException, InterruptedException {
        log.apply();
        try (StopSignal signal = new StopSignal();
                TemporaryFolder folder = new TemporaryFolder()) {
            Path image = folder.path().resolve("disk.img");
            Path socket = folder.path().resolve("blk.sock");
            try (VirtioDevice device = device(image);
                    LocalServer server = new LocalServer(device, socket)) {
                signal.onArrival(server::stop);
                tryOut(socket, image);
                if (keep) {
                    explain("Serving " + image + " until Ctrl-C. Attach a virtual machine:", socket);
                    server.awaitEnd();
                } else {
                    Path example = Path.of("/tmp/blk.sock");
                    explain(
                            "It works. To serve a disk of your own and attach a virtual machine to it:\n"
                                    + "  ./vhost-device blk --socket " + example
                                    + " --blk-file disk.img --create 10G &",
                            example);
                }
            }
        }
        return ExitCode.OK;
    }

    private static VirtioDevice device(Path image) throws UsageException, IOException {
        DeviceArguments arguments = Devices.named("blk").arguments();
        CommandLine.ParseResult _ = new CommandLine(arguments)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .parseArgs("--blk-file", image.toString(), "--create", "64M", "--serial", "quickstart");
        return arguments.open();
    }

    private void tryOut(Path socket, Path image) throws IOException, InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        try (DiskTrial disk = DiskTrial.attach(socket)) {
            out.println("vhost-device blk on " + socket + ", attached by the built-in front end");
            out.println("  features              "
                    + FeatureNames.of(Devices.named("blk")).text(disk.features()));
            disk.writeAndVerify(image);
            out.println("  data                  " + disk.capacity() / MIB
                    + " MiB written, flushed, read back: equal, in the image too");
            out.println("  4 KiB random read     " + text(disk.load(Access.RANDREAD, 4096, 32, LOAD)));
            out.println("  128 KiB read in order " + text(disk.load(Access.READ, 128 << 10, 8, LOAD)));
        }
    }

    private static String text(LoadReport report) {
        return String.format(
                Locale.ROOT,
                "%,.0f/s, %,.0f MiB/s, latency %,.0f us median, %,.0f us 99th percentile",
                report.iops(),
                report.bandwidth() / MIB,
                report.latency().percentile(50) / 1e3,
                report.latency().percentile(99) / 1e3);
    }

    private void explain(String beginning, Path socket) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(beginning);
        out.println("  " + QemuCommand.attachBlock(HostAbi.current(), socket));
    }
}

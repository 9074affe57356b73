package org.vhostdevice.cli.doctor;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.sys.HostAbi;
import org.vhostdevice.core.sys.HostOs;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Says what this host can do for virtual machines and what is in the way.
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = "Say what this host can do, what is used in place of what it lacks, and what is in the way."
                + " Exit status: 0 if devices can be served, 1 if not.")
public final class DoctorCommand implements Callable<Integer> {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final Map<String, String> environment;

    @Option(names = "--json", description = "Print one JSON object, for programs.")
    private boolean json;

    @Option(
            names = "--host",
            paramLabel = "SYSTEM",
            description = "Say what would be used on linux, macos or freebsd. No host is asked.")
    private @Nullable HostOs host;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /// Makes the command for this process.
    public DoctorCommand() {
        this(System.getenv());
    }

    /// @param environment variables, of which PATH and those that name folders of the user are looked at
    DoctorCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        if (host != null) {
            List<Finding> findings = ofOther(HostAbi.usual(host));
            out.print(json ? Reports.json(findings, false) : Reports.text(findings));
            out.flush();
            return ExitCode.OK;
        }
        List<Finding> findings = ofThisHost();
        out.print(
                json ? Reports.json(findings, true) : Reports.text(findings) + '\n' + Reports.verdict(findings) + '\n');
        out.flush();
        return Reports.canServe(findings) ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private static List<Finding> ofOther(HostAbi other) {
        List<Finding> findings = new ArrayList<>(HostReport.of(other));
        findings.addAll(CapabilityTable.of(other));
        return findings;
    }

    private List<Finding> ofThisHost() throws InterruptedException {
        List<Finding> findings = new ArrayList<>(HostReport.system());
        if (!Reports.canServe(findings)) {
            return findings; // nothing else is known of such a host
        }
        findings.addAll(ServingProbe.findings());
        findings.addAll(HostReport.limits());
        findings.addAll(CapabilityTable.ofThisHost());
        findings.addAll(HostReport.optional());
        findings.addAll(HostReport.sandbox());
        String path = environment.getOrDefault("PATH", "");
        findings.addAll(new Qemu(HostAbi.current(), path, new ProgramOutput(LIMIT)).findings());
        findings.addAll(ManagementFiles.findings(ManagementFiles.folders(configuration())));
        return findings;
    }

    private Path configuration() {
        String own = environment.getOrDefault("XDG_CONFIG_HOME", "");
        return own.isEmpty() ? Path.of(System.getProperty("user.home", "/"), ".config") : Path.of(own);
    }
}

package org.vhostdevice.cli.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.vhostdevice.cli.child.ProcessTree;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.frontend.DriverFeature;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.LoadReport;
import org.vhostdevice.core.sys.UnixSocket;

/// Attaches to a device, does a job, and measures.
final class JobRunner {
    private final LoadOptions load;
    private final DeviceLoad device;
    private final Progress progress;

    JobRunner(LoadOptions load, Progress progress) {
        this.load = load;
        this.device = load.device();
        this.progress = progress;
    }

    /// Does a job.
    ///
    /// @param socket of a back end that serves
    /// @param known the back end's process; without it the one at the other end of the socket
    /// @param label for the progress line
    /// @throws IOException if the back end fails or a request does
    Measurement run(Path socket, Optional<ProcessHandle> known, Job job, String label)
            throws IOException, UsageException, InterruptedException {
        try (Frontend frontend = Frontend.attach(socket, device.frontend(job));
                Progress.Line _ = progress.show(label + job, load.ramp().plus(load.runtime()))) {
            Optional<ProcessHandle> backEnd = known.isPresent() ? known : peer(frontend);
            requireFormat(frontend);
            device.prepare(frontend, job);
            if (!load.ramp().isZero()) {
                LoadReport _ = device.run(frontend, job, load.ramp());
            }
            Optional<Duration> before = backEnd.flatMap(ProcessTree::cpu);
            LoadReport report = device.run(frontend, job, load.runtime());
            Optional<Duration> after = backEnd.flatMap(ProcessTree::cpu);
            device.finish(frontend, job);
            return new Measurement(job, report, before.flatMap(from -> after.map(to -> to.minus(from))));
        } catch (IllegalArgumentException e) {
            throw new IOException(job + ": " + e.getMessage(), e);
        }
    }

    /// Does a job without a device.
    Measurement ceiling(Job job) throws IOException, UsageException {
        return new Measurement(job, device.ceiling(job, load.runtime()), Optional.empty());
    }

    /// The process that serves the socket, if this host shows it.
    private static Optional<ProcessHandle> peer(Frontend frontend) throws IOException {
        int pid = UnixSocket.peerPid(frontend.client().fd());
        return pid > 0 ? ProcessHandle.of(pid) : Optional.empty();
    }

    /// Rings of another format than asked for would be measured in its name.
    private void requireFormat(Frontend frontend) throws BackendRefusal {
        long missing = load.required() & ~frontend.negotiated().features();
        if (missing != 0) {
            throw new BackendRefusal("the back end offers no "
                    + ((missing & DriverFeature.RING_PACKED) != 0 ? "packed rings" : "in-order completion"));
        }
    }
}

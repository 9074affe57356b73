package org.vhostdevice.cli.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.vhostdevice.cli.child.ProcessTree;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.frontend.BlkLoad;
import org.vhostdevice.core.frontend.BlkLoadOptions;
import org.vhostdevice.core.frontend.BlkLoadReport;
import org.vhostdevice.core.frontend.BlkWorkload.Access;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.sys.UnixSocket;

/// Attaches to a block device, does a job, and measures.
final class JobRunner {
    private final LoadOptions load;
    private final Progress progress;

    JobRunner(LoadOptions load, Progress progress) {
        this.load = load;
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
        try (Frontend frontend = Frontend.attach(socket, load.frontend(job));
                Progress.Line _ = progress.show(label + job, load.ramp().plus(load.runtime()))) {
            Optional<ProcessHandle> backEnd = known.isPresent() ? known : peer(frontend);
            if (load.verify()) {
                passOver(frontend, job, Access.WRITE);
            }
            if (!load.ramp().isZero()) {
                BlkLoadReport _ =
                        execute(frontend, load.during(job.workload(job.access(), load.verify()), load.ramp()));
            }
            Optional<Duration> before = backEnd.flatMap(ProcessTree::cpu);
            BlkLoadReport report =
                    execute(frontend, load.during(job.workload(job.access(), load.verify()), load.runtime()));
            Optional<Duration> after = backEnd.flatMap(ProcessTree::cpu);
            if (load.verify() && job.access().write()) {
                passOver(frontend, job, Access.READ);
            }
            return new Measurement(job, report, before.flatMap(from -> after.map(to -> to.minus(from))));
        } catch (IllegalArgumentException e) {
            throw new IOException(job + ": " + e.getMessage(), e);
        }
    }

    /// The process that serves the socket, if this host shows it.
    private static Optional<ProcessHandle> peer(Frontend frontend) throws IOException {
        int pid = UnixSocket.peerPid(frontend.client().fd());
        return pid > 0 ? ProcessHandle.of(pid) : Optional.empty();
    }

    /// Writes or verifies each block once, some perhaps twice.
    private void passOver(Frontend frontend, Job job, Access access)
            throws IOException, UsageException, InterruptedException {
        long blocks = Math.min(BlkLoad.capacity(frontend), load.span()) / job.blockBytes();
        long share = blocks / load.queues() + blocks % load.queues();
        BlkLoadReport _ = execute(frontend, load.count(job.workload(access, true), share));
    }

    private static BlkLoadReport execute(Frontend frontend, BlkLoadOptions options)
            throws IOException, InterruptedException {
        BlkLoadReport report = BlkLoad.run(frontend, options);
        if (report.errors() > 0) {
            throw new IOException(report.errors() + " of " + report.requests() + " requests failed");
        }
        return report;
    }
}

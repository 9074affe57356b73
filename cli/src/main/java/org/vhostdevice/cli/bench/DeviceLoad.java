package org.vhostdevice.cli.bench;

import java.io.IOException;
import java.time.Duration;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.LoadReport;

/// Load on one type of device.
interface DeviceLoad {
    /// Checks that a job can be done with the options given.
    ///
    /// @throws UsageException if it cannot
    void check(Job job) throws UsageException;

    /// How the generator attaches for a job.
    FrontendOptions frontend(Job job) throws UsageException;

    /// What is done once before the load runs, such as filling what will be verified.
    ///
    /// @param frontend attached
    void prepare(Frontend frontend, Job job) throws IOException, UsageException, InterruptedException;

    /// Runs the load for a time. Called several times.
    LoadReport run(Frontend frontend, Job job, Duration time) throws IOException, UsageException, InterruptedException;

    /// The same load without a device in between, for a time. Only socket devices have
    /// that.
    default LoadReport ceiling(Job job, Duration time) throws IOException, UsageException {
        throw new UnsupportedOperationException(job.toString());
    }

    /// What is done once after it, such as verifying what was written.
    void finish(Frontend frontend, Job job) throws IOException, UsageException, InterruptedException;
}

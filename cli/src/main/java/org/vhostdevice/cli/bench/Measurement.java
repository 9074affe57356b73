package org.vhostdevice.cli.bench;

import java.time.Duration;
import java.util.Optional;
import org.vhostdevice.core.frontend.LoadReport;

/// What a job has shown.
///
/// @param job what was done
/// @param report what the generator saw; no request failed
/// @param cpu processor time of the back end meanwhile, if it can be known
record Measurement(Job job, LoadReport report, Optional<Duration> cpu) {
    private static final double NANOS_PER_MICRO = 1e3;

    /// Processor time of the back end for each request in microseconds; NaN if unknown.
    double cpuMicros() {
        return cpu.map(time -> time.toNanos() / NANOS_PER_MICRO / report.requests())
                .orElse(Double.NaN);
    }

    /// How many processors the back end kept busy; NaN if unknown.
    double cpuShare() {
        return cpu.map(time -> (double) time.toNanos() / report.elapsedNanos()).orElse(Double.NaN);
    }

    /// A percentile of the latency in microseconds.
    double latencyMicros(double percent) {
        return report.latency().percentile(percent) / NANOS_PER_MICRO;
    }
}

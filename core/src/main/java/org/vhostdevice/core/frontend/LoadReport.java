package org.vhostdevice.core.frontend;

import java.util.stream.LongStream;

/// What a load has measured, on any type of device.
///
/// @param requests      requests completed, failed ones included
/// @param writes        those of them that brought data to the device
/// @param errors        those of them that the device refused
/// @param bytes         of data, in either direction
/// @param elapsedNanos  from the first request to the last completion
/// @param latency       of all requests, from the publication to the moment when the driver sees the completion
/// @param fairness      of loads by several connections: the least that one of them did, as a share of the mean;
///     otherwise 1
public record LoadReport(
        long requests,
        long writes,
        long errors,
        long bytes,
        long elapsedNanos,
        LatencyHistogram latency,
        double fairness) {
    /// A report of a load that is one.
    ///
    /// @param requests      requests completed, failed ones included
    /// @param writes        those of them that brought data to the device
    /// @param errors        those of them that the device refused
    /// @param bytes         of data, in either direction
    /// @param elapsedNanos  from the first request to the last completion
    /// @param latency       of all requests
    public LoadReport(
            long requests, long writes, long errors, long bytes, long elapsedNanos, LatencyHistogram latency) {
        this(requests, writes, errors, bytes, elapsedNanos, latency, 1);
    }

    /// The same by connections that each did a part of it.
    ///
    /// @param parts what each of them did, in any unit
    /// @return the report with their fairness
    public LoadReport by(long... parts) {
        double mean = LongStream.of(parts).average().orElse(0);
        double least = LongStream.of(parts).min().orElse(0);
        return new LoadReport(requests, writes, errors, bytes, elapsedNanos, latency, mean == 0 ? 1 : least / mean);
    }

    /// {@return what a load without queues measures}
    public static LoadReport none() {
        return new LoadReport(0, 0, 0, 0, 0, new LatencyHistogram());
    }

    /// Joins the reports of two queues that ran at the same time.
    ///
    /// @param other of the other queue
    /// @return both
    public LoadReport plus(LoadReport other) {
        var both = new LatencyHistogram();
        both.add(latency);
        both.add(other.latency);
        return new LoadReport(
                requests + other.requests,
                writes + other.writes,
                errors + other.errors,
                bytes + other.bytes,
                Math.max(elapsedNanos, other.elapsedNanos),
                both,
                Math.min(fairness, other.fairness));
    }

    /// {@return requests per second}
    public double iops() {
        return perSecond(requests);
    }

    /// {@return bytes per second}
    public double bandwidth() {
        return perSecond(bytes);
    }

    private double perSecond(long count) {
        return elapsedNanos == 0 ? 0 : count * 1e9 / elapsedNanos;
    }
}

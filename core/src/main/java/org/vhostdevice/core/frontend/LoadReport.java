package org.vhostdevice.core.frontend;

/// What a load has measured, on any type of device.
///
/// @param requests      requests completed, failed ones included
/// @param writes        those of them that brought data to the device
/// @param errors        those of them that the device refused
/// @param bytes         of data, in either direction
/// @param elapsedNanos  from the first request to the last completion
/// @param latency       of all requests, from the publication to the moment when the driver sees the completion
public record LoadReport(
        long requests, long writes, long errors, long bytes, long elapsedNanos, LatencyHistogram latency) {
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
                both);
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

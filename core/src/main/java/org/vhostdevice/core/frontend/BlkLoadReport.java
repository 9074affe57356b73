package org.vhostdevice.core.frontend;

/// What a load has measured.
///
/// @param requests      requests completed, failed ones included
/// @param errors        requests with another status than OK
/// @param blockSize     bytes of a request's data
/// @param elapsedNanos  from the first request to the last completion
/// @param latency       of all requests, from the publication to the moment when the driver sees the completion
public record BlkLoadReport(long requests, long errors, int blockSize, long elapsedNanos, LatencyHistogram latency) {
    static BlkLoadReport none(BlkWorkload workload) {
        return new BlkLoadReport(0, 0, workload.blockSize(), 0, new LatencyHistogram());
    }

    /// Joins the reports of two queues that ran at the same time.
    BlkLoadReport plus(BlkLoadReport other) {
        var both = new LatencyHistogram();
        both.add(latency);
        both.add(other.latency);
        return new BlkLoadReport(
                requests + other.requests,
                errors + other.errors,
                blockSize,
                Math.max(elapsedNanos, other.elapsedNanos),
                both);
    }

    /// {@return requests per second}
    public double iops() {
        return elapsedNanos == 0 ? 0 : requests * 1e9 / elapsedNanos;
    }

    /// {@return bytes per second}
    public double bandwidth() {
        return iops() * blockSize;
    }
}

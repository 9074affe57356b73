package org.vhostdevice.core.frontend;

import java.time.Duration;

/// A load and when it ends.
///
/// @param workload what is asked of the device
/// @param duration how long new requests are made
/// @param requests how many requests each queue makes at most
/// @param polling  whether the queues are polled all the time, instead of waiting for calls
/// @param span     bytes at the start of the disk that are used; the whole disk if it has no more
public record BlkLoadOptions(BlkWorkload workload, Duration duration, long requests, boolean polling, long span) {
    /// Ends after a time; waits for calls.
    ///
    /// @param workload what is asked of the device
    /// @param duration how long new requests are made
    /// @return the options
    public static BlkLoadOptions during(BlkWorkload workload, Duration duration) {
        return new BlkLoadOptions(workload, duration, Long.MAX_VALUE, false, Long.MAX_VALUE);
    }

    /// Ends after a number of requests; waits for calls.
    ///
    /// @param workload what is asked of the device
    /// @param requests how many requests each queue makes
    /// @return the options
    public static BlkLoadOptions count(BlkWorkload workload, long requests) {
        return new BlkLoadOptions(workload, Duration.ofDays(1), requests, false, Long.MAX_VALUE);
    }

    /// Polls instead of waiting for calls.
    ///
    /// @return the changed copy
    public BlkLoadOptions withPolling() {
        return new BlkLoadOptions(workload, duration, requests, true, span);
    }

    /// Uses the start of the disk only.
    ///
    /// @param bytes how much of it
    /// @return the changed copy
    public BlkLoadOptions withSpan(long bytes) {
        return new BlkLoadOptions(workload, duration, requests, polling, bytes);
    }
}

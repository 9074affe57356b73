package org.vhostdevice.core.device;

/// Is told when a descriptor is ready that a queue's worker watches ([QueueContext#watch]).
@FunctionalInterface
public interface Watcher {
    /// A read does not wait, also because there is nothing to come any more.
    int READ = 1;

    /// A write does not wait, also because it fails.
    int WRITE = 2;

    /// The other side has closed its end, or the descriptor is broken. Told without being asked for, but only with
    /// an interest in something; as an interest, also told when the other side has closed its writing half.
    int HANGUP = 4;

    /// The descriptor is ready. This is said again and again until it is not, or nobody is interested any more.
    ///
    /// @param what any of [#READ], [#WRITE] and [#HANGUP]
    void ready(int what);
}

package org.vhostdevice.core.sys;

import org.jspecify.annotations.Nullable;

/// The faults of accesses to shared memory whose file was truncated.
///
/// The JVM reports such a fault as an [InternalError], but not always at the access: from compiled code it may come
/// only when the thread next leaves that code, in the middle of whatever is done then. What must not be left half
/// done, such as to give memory back, is therefore preceded by one of the methods here, after which nothing comes
/// until the thread
/// touches shared memory again. They are for rare occasions: each is a system call.
public final class MemoryFaults {
    private MemoryFaults() {}

    /// Throws now what earlier accesses of this thread would have thrown later.
    ///
    /// @throws InternalError if one has failed
    @SuppressWarnings(
            "ThreadPriorityCheck") // for no effect on scheduling: it is a call that leaves Java and comes back
    public static void report() {
        Thread.yield();
    }

    /// Takes now what earlier accesses of this thread would have thrown later.
    ///
    /// @return the fault; null if there is none
    public static @Nullable InternalError take() {
        try {
            report();
            return null;
        } catch (InternalError e) {
            return e;
        }
    }
}

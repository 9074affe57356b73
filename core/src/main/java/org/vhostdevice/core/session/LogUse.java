package org.vhostdevice.core.session;

import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.memory.DirtyLog;
import org.vhostdevice.core.sys.EventNotifier;

/// What the front end wants to know of written pages, for all rings.
///
/// @param log where pages are marked; null before the front end shares one
/// @param buffers whether the buffers of requests are logged (feature LOG_ALL)
/// @param notifier signalled when pages were marked; null for nobody
record LogUse(
        @Nullable DirtyLog log, boolean buffers, @Nullable EventNotifier notifier) {
    /// Nothing is logged.
    static final LogUse NONE = new LogUse(null, false, null);

    LogUse withLog(DirtyLog newLog) {
        return new LogUse(newLog, buffers, notifier);
    }

    LogUse withBuffers(boolean on) {
        return new LogUse(log, on, notifier);
    }

    LogUse withNotifier(@Nullable EventNotifier newNotifier) {
        return new LogUse(log, buffers, newNotifier);
    }
}

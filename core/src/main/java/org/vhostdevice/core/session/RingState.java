package org.vhostdevice.core.session;

import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.memory.DirtyLog;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.sys.EventConsumer;
import org.vhostdevice.core.sys.EventNotifier;
import org.vhostdevice.core.virtqueue.RingLog;

/// What the front end has said about one ring. Owns its descriptors. Control thread only.
final class RingState {
    /// Flag of SET_VRING_ADDR: writes to the ring are logged (VHOST_VRING_F_LOG).
    static final int LOGGED = 1;

    final int index;

    /// Descriptors in the ring; 0 until SET_VRING_NUM.
    int size;

    /// Where its parts are; null until SET_VRING_ADDR.
    Message.@Nullable VringAddress address;

    /// Index of the next available entry to take, while the ring is stopped.
    int base;

    /// Whether the front end knows where the ring goes on and nothing is in flight: then the record in the in-flight
    /// region is of no use any more.
    boolean recordEnded;

    boolean enabled;

    @Nullable
    EventConsumer kick;

    @Nullable
    EventNotifier call;

    /// The driver looks for used buffers by itself, as the front end said by a call without descriptor.
    boolean callPolled;

    @Nullable
    EventNotifier error;

    /// The started ring with its worker; null while it is stopped.
    @Nullable
    Started started;

    /// @param vring touched by the worker only, but for what its methods say
    /// @param worker serves it
    record Started(Vring vring, VringWorker worker) {}

    RingState(int index) {
        this.index = index;
    }

    /// Returns to the initial state. The descriptors for notifications of the front end are kept, since it may set
    /// them once for many resets.
    void reset() {
        size = 0;
        address = null;
        base = 0;
        enabled = false;
        dropKick();
    }

    /// What the ring logs; null for nothing.
    @Nullable
    RingLog log(LogUse use) {
        DirtyLog log = use.log();
        Message.VringAddress at = address;
        if (log == null || at == null) {
            return null;
        }
        boolean itself = (at.flags() & LOGGED) != 0;
        return itself || use.buffers() ? new RingLog(log, use.buffers(), itself, at.log()) : null;
    }

    /// Closes the kick descriptor, which the worker waits for no longer.
    void dropKick() {
        if (kick != null) {
            kick.close();
            kick = null;
        }
    }

    /// Closes all descriptors, which the worker uses no longer.
    void close() {
        dropKick();
        if (call != null) {
            call.close();
            call = null;
        }
        if (error != null) {
            error.close();
            error = null;
        }
    }
}

package org.vhostdevice.core.session;

import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.core.memory.GuestMemory;
import org.vhostdevice.core.memory.GuestMemoryException;
import org.vhostdevice.core.protocol.ProtocolException;
import org.vhostdevice.core.sys.EventConsumer;
import org.vhostdevice.core.sys.EventNotifier;
import org.vhostdevice.core.virtqueue.RingLog;

/// How rings start: prepared here from what the front end has said, begun by their workers, which give everything back
/// if that fails. Control thread only.
final class RingStart {
    private final VirtioDevice device;
    private final Agreement agreed;
    private final InflightMemory inflight;
    private final WorkerReplies replies;

    RingStart(VirtioDevice device, Agreement agreed, InflightMemory inflight, WorkerReplies replies) {
        this.device = device;
        this.agreed = agreed;
        this.inflight = inflight;
        this.replies = replies;
    }

    /// What a ring finds when it starts.
    ///
    /// @param memory guest memory
    /// @param log what it logs; null for nothing
    /// @param logNotifier signalled when pages were marked
    /// @param enabled whether it takes chains at once
    record Given(
            GuestMemory memory,
            @Nullable RingLog log,
            @Nullable EventNotifier logNotifier,
            boolean enabled) {}

    /// Starts a ring. If it does not start, that is signalled by its error descriptor as well.
    ///
    /// @param kick signals new chains; null if messages announce them, or nothing does
    /// @param regularly whether to look for chains that nothing announces
    RingState.Started start(
            RingState ring, Vring.Owner owner, Given given, @Nullable EventConsumer kick, boolean regularly)
            throws ProtocolException {
        try {
            var begin = new Vring.Start(
                    agreed.place(given.memory(), ring),
                    given.memory(),
                    ring.base,
                    inflight.area(ring, agreed.features()));
            Vring started = begin(ring, begin, owner, given, kick, regularly);
            ring.recordEnded = false;
            owner.notices().resume();
            return new RingState.Started(started, owner.worker());
        } catch (GuestMemoryException e) {
            tellError(ring, owner);
            throw refused(ring, e);
        } catch (ProtocolException e) {
            tellError(ring, owner);
            throw e;
        }
    }

    /// That a ring does not start.
    static ProtocolException refused(RingState ring, Exception cause) {
        return ProtocolException.refused("ring " + ring.index + " cannot start: " + cause.getMessage());
    }

    private Vring begin(
            RingState ring,
            Vring.Start begin,
            Vring.Owner owner,
            Given given,
            @Nullable EventConsumer kick,
            boolean regularly)
            throws ProtocolException {
        EventNotifier call = ring.call;
        EventNotifier error = ring.error;
        boolean callByMessage = agreed.callByMessage(ring);
        boolean errorByMessage = agreed.inBand();
        return replies.await(owner.worker().submit(() -> {
            Vring vring = new Vring(ring.index, begin, owner);
            boolean begun = false;
            try {
                vring.useCall(call, callByMessage);
                vring.useError(error, errorByMessage);
                vring.useLog(given.log(), given.logNotifier());
                vring.enable(given.enabled());
                vring.start(device, kick, regularly);
                begun = true;
            } finally {
                if (!begun) {
                    vring.discard();
                }
            }
            return vring;
        }));
    }

    /// Signals that a ring does not start. By the worker, since a front end can make even this wait, and a worker
    /// can be freed.
    private void tellError(RingState ring, Vring.Owner owner) throws ProtocolException {
        EventNotifier error = ring.error;
        if (error == null && agreed.inBand()) {
            owner.notices().error(ring.index);
        } else if (error != null) {
            var _ = new WorkerReplies(error::unblock).await(owner.worker().submit(() -> {
                error.signal();
                return error;
            }));
        }
    }
}

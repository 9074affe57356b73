package org.vhostdevice.core.session;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.ProtocolException;
import org.vhostdevice.core.sys.FdBox;
import org.vhostdevice.core.sys.MappedRegion;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.SharedMemory;
import org.vhostdevice.core.transport.ReceivedMessage;
import org.vhostdevice.core.virtqueue.FeatureSet;
import org.vhostdevice.core.virtqueue.InflightArea;

/// The memory that records requests in flight and survives this back end, because the front end keeps it.
///
/// It belongs to the connection. Control thread only; what it holds is touched by workers only, as the front end can
/// truncate it.
final class InflightMemory implements AutoCloseable {
    private final VirtioDevice device;
    private @Nullable MappedRegion region;
    private int queues;
    private int queueSize;

    InflightMemory(VirtioDevice device) {
        this.device = device;
    }

    /// GET_INFLIGHT_FD: makes such memory, empty, for the front end to pass back.
    ///
    /// @param features of the rings
    /// @param along gets its descriptor
    Message create(Message.Inflight wanted, FeatureSet features, FdBox along) throws ProtocolException {
        check(wanted);
        long bytes = wanted.queues() * InflightArea.bytes(wanted.queueSize(), features);
        try (SharedMemory memory = SharedMemory.create("vhost-inflight", bytes)) {
            // Where the host cannot seal it, the front end may truncate it, which ends its connection.
            boolean _ = memory.sealSize();
            along.add(memory.fd().duplicate());
        } catch (IOException e) {
            throw ProtocolException.refused(String.valueOf(e.getMessage()));
        }
        return new Message.Inflight(bytes, 0, wanted.queues(), wanted.queueSize());
    }

    /// SET_INFLIGHT_FD: rings that start from now on use this memory. No ring is started.
    ///
    /// @param received with descriptors: exactly one
    void use(Message.Inflight message, FeatureSet features, ReceivedMessage received) throws ProtocolException {
        check(message);
        long needed = message.queues() * InflightArea.bytes(message.queueSize(), features);
        if (message.mmapSize() < needed || message.mmapOffset() % Long.BYTES != 0) {
            throw ProtocolException.refused("in-flight region of " + Long.toUnsignedString(message.mmapSize())
                    + " bytes at offset " + Long.toUnsignedString(message.mmapOffset()) + ", not of " + needed
                    + " at a multiple of 8");
        }
        MappedRegion next;
        try (OwnedFd fd = received.takeDescriptor()) {
            next = MappedRegion.map(fd, message.mmapOffset(), message.mmapSize(), true);
        } catch (IOException e) {
            throw ProtocolException.refused(String.valueOf(e.getMessage()));
        }
        close();
        region = next;
        queues = message.queues();
        queueSize = message.queueSize();
    }

    private void check(Message.Inflight message) throws ProtocolException {
        if (message.queues() < 1 || message.queues() > device.queueCount()) {
            throw ProtocolException.refused(
                    "in-flight region for " + message.queues() + " queues, not 1 to " + device.queueCount());
        }
        if (message.queueSize() < 1 || message.queueSize() > device.maxQueueSize()) {
            throw ProtocolException.refused("in-flight region for queues of " + message.queueSize()
                    + " descriptors, not 1 to " + device.maxQueueSize());
        }
    }

    /// The part of a ring; null if there is no such memory.
    ///
    /// @throws ProtocolException if it has no room for the ring
    @Nullable
    InflightArea area(RingState ring, FeatureSet features) throws ProtocolException {
        InflightArea area = find(ring, features);
        if (region != null && (area == null || ring.size > queueSize)) {
            throw ProtocolException.refused(
                    "the in-flight region has no room for ring " + ring.index + " with " + ring.size + " descriptors");
        }
        return area;
    }

    /// The part of a ring, of whatever size it is; null if there is none.
    @Nullable
    InflightArea find(RingState ring, FeatureSet features) {
        MappedRegion memory = region;
        long bytes = InflightArea.bytes(queueSize, features);
        if (memory == null || ring.index >= queues || memory.size() < (ring.index + 1) * bytes) {
            return null;
        }
        MemorySegment part = memory.segment().asSlice(ring.index * bytes, bytes);
        return new InflightArea(part, queueSize, !ring.recordEnded);
    }

    /// Lets the memory go. All rings have stopped.
    @Override
    public void close() {
        MappedRegion old = region;
        region = null;
        if (old != null) {
            old.close();
        }
    }
}

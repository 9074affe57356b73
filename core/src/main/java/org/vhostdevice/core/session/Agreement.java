package org.vhostdevice.core.session;

import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.memory.GuestMemory;
import org.vhostdevice.core.memory.GuestMemoryException;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.ProtocolException;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.virtqueue.FeatureSet;
import org.vhostdevice.core.virtqueue.RingSetup;
import org.vhostdevice.core.virtqueue.VirtioFeature;

/// The features that front end and driver have accepted, and what they mean for rings. Control thread only.
final class Agreement {
    private FeatureSet features = FeatureSet.NONE;
    private long protocol;

    /// The features of rings that start from now on.
    void useFeatures(FeatureSet negotiated) {
        features = negotiated;
    }

    /// The protocol features of the connection.
    void useProtocolFeatures(long negotiated) {
        protocol = negotiated;
    }

    FeatureSet features() {
        return features;
    }

    /// Whether rings have the packed format.
    boolean packed() {
        return features.has(VirtioFeature.RING_PACKED);
    }

    /// Whether notifications without a descriptor are messages.
    boolean inBand() {
        return ProtocolFeature.INBAND_NOTIFICATIONS.in(protocol);
    }

    /// Whether a ring without call descriptor calls by messages.
    boolean callByMessage(RingState ring) {
        return inBand() && !ring.callPolled;
    }

    /// Whether the front end names rings and regions by guest addresses alone.
    boolean addressedByGuest() {
        return ProtocolFeature.GPA_ADDRESSES.in(protocol);
    }

    /// Finds a ring in guest memory.
    ///
    /// @throws GuestMemoryException if it lies elsewhere
    /// @throws ProtocolException not fatal, if the front end has not said where it lies
    RingSetup place(GuestMemory where, RingState ring) throws GuestMemoryException, ProtocolException {
        Message.VringAddress address = ring.address;
        if (address == null || !RingSetup.isValidSize(ring.size, features)) {
            throw ProtocolException.refused("ring " + ring.index + " is started without a size or addresses");
        }
        // The whole length of each part is checked by the ring itself.
        return new RingSetup(
                ring.size,
                features,
                toGuest(where, address.descriptors()),
                toGuest(where, address.available()),
                toGuest(where, address.used()));
    }

    /// Finds a ring in guest memory; null if it lies elsewhere.
    @Nullable
    RingSetup findIn(GuestMemory where, RingState ring) throws ProtocolException {
        try {
            return place(where, ring);
        } catch (GuestMemoryException e) {
            return null;
        }
    }

    private long toGuest(GuestMemory where, long address) throws GuestMemoryException {
        return addressedByGuest() ? address : where.toGuestAddress(address, 1);
    }
}

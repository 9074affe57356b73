package org.vhostdevice.core.session;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.vhostdevice.core.memory.GuestMemory;
import org.vhostdevice.core.memory.GuestMemoryException;
import org.vhostdevice.core.memory.GuestRegion;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.ProtocolException;
import org.vhostdevice.core.sys.MappedRegion;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.transport.ReceivedMessage;

/// The messages about guest memory. Holds the current snapshot; every change makes another one, which the rings take
/// up before the message is answered. Control thread only.
///
/// With GPA_ADDRESSES the front end has no addresses of its own: what a message holds in their place means nothing, and
/// the guest address stands for it.
final class MemoryTable implements AutoCloseable {
    /// Regions that can be added one by one, as many as other back ends have.
    static final int SLOTS = 509;

    private final Rings rings;
    private GuestMemory current;

    /// @param initial held by this from now on
    MemoryTable(Rings rings, GuestMemory initial) {
        this.rings = rings;
        this.current = initial;
    }

    /// SET_MEM_TABLE: replaces all regions.
    ///
    /// @param received with descriptors: one for each region
    void set(Message.MemoryTable table, ReceivedMessage received) throws ProtocolException {
        List<GuestRegion> regions = new ArrayList<>();
        try {
            for (Message.MemoryRegion region : table.regions()) {
                regions.add(map(region, received));
            }
            replace(GuestMemory.of(regions));
        } catch (GuestMemoryException e) {
            throw ProtocolException.refused(String.valueOf(e.getMessage()));
        } finally {
            regions.forEach(region -> region.mapping().close());
        }
    }

    /// ADD_MEM_REG.
    ///
    /// @param received with descriptors: exactly one
    void add(Message.MemoryRegion message, ReceivedMessage received) throws ProtocolException {
        if (current.regions().size() >= SLOTS) {
            throw ProtocolException.refused("more than " + SLOTS + " memory regions");
        }
        GuestRegion region = map(message, received);
        try {
            replace(current.with(region));
        } catch (GuestMemoryException e) {
            throw ProtocolException.refused(String.valueOf(e.getMessage()));
        } finally {
            region.mapping().close();
        }
    }

    /// REM_MEM_REG. The region stays mapped until the last request that uses it is complete.
    void remove(Message.MemoryRegion region) throws ProtocolException {
        try {
            replace(current.without(region.guestAddress(), frontendAddress(region), region.size()));
        } catch (GuestMemoryException e) {
            throw ProtocolException.refused(String.valueOf(e.getMessage()));
        }
    }

    /// Lets guest memory go. All rings have stopped.
    @Override
    public void close() {
        current.release();
    }

    private void replace(GuestMemory next) throws ProtocolException {
        try {
            rings.requireRoomForMemory();
        } catch (ProtocolException e) {
            next.release();
            throw e;
        }
        GuestMemory old = current;
        current = next;
        try {
            rings.useMemory(next);
        } finally {
            old.release();
        }
    }

    private long frontendAddress(Message.MemoryRegion region) {
        return rings.addressedByGuest() ? region.guestAddress() : region.frontendAddress();
    }

    private GuestRegion map(Message.MemoryRegion region, ReceivedMessage received) throws ProtocolException {
        MappedRegion mapping;
        try (OwnedFd fd = received.takeDescriptor()) {
            mapping = MappedRegion.map(fd, region.mmapOffset(), region.size(), true);
        } catch (IOException e) {
            throw ProtocolException.refused(String.valueOf(e.getMessage()));
        }
        try {
            return new GuestRegion(region.guestAddress(), frontendAddress(region), mapping);
        } catch (IllegalArgumentException e) {
            mapping.close();
            throw ProtocolException.refused(String.valueOf(e.getMessage()));
        }
    }
}

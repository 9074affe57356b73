package org.vhostdevice.vsock.queue;

import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.vsock.connection.Connection.Address;
import org.vhostdevice.vsock.packet.PacketHeader;

/// The connections of a guest by their addresses. Looking one up allocates nothing. One thread.
final class LinkTable {
    private static final int SMALL = 16;

    /// Guests choose their ports, and cannot know which of them are slow.
    private final int mix = ThreadLocalRandom.current().nextInt() | 1;

    private @Nullable Link[] buckets = new @Nullable Link[SMALL];
    private int size;

    int size() {
        return size;
    }

    private int bucket(int hostPort, int guestPort) {
        int hash = ((hostPort * mix) ^ guestPort) * mix;
        return hash >>> (Integer.numberOfLeadingZeros(buckets.length) + 1);
    }

    /// The connection that a packet of the guest belongs to.
    @Nullable
    Link find(PacketHeader packet) {
        Link link = buckets[bucket(packet.dstPort(), packet.srcPort())];
        while (link != null && !link.address().matches(packet)) {
            link = link.nextInTable;
        }
        return link;
    }

    /// Whether there is a connection with an address.
    boolean has(Address address) {
        Link link = buckets[bucket(address.hostPort(), address.guestPort())];
        while (link != null && !link.address().equals(address)) {
            link = link.nextInTable;
        }
        return link != null;
    }

    /// Adds a connection whose address is new.
    void add(Link link) {
        if (size == buckets.length) {
            grow();
        }
        put(link);
        size++;
    }

    private void put(Link link) {
        int bucket = bucket(link.address().hostPort(), link.address().guestPort());
        link.nextInTable = buckets[bucket];
        buckets[bucket] = link;
    }

    private void grow() {
        @Nullable Link[] old = buckets;
        buckets = new @Nullable Link[2 * old.length];
        for (Link head : old) {
            Link link = head;
            while (link != null) {
                Link next = link.nextInTable;
                put(link);
                link = next;
            }
        }
    }

    /// Removes a connection that is there.
    void remove(Link link) {
        int bucket = bucket(link.address().hostPort(), link.address().guestPort());
        Link before = null;
        Link at = buckets[bucket];
        while (at != null && at != link) {
            before = at;
            at = at.nextInTable;
        }
        if (at == null) {
            return;
        }
        if (before == null) {
            buckets[bucket] = link.nextInTable;
        } else {
            before.nextInTable = link.nextInTable;
        }
        link.nextInTable = null;
        size--;
    }

    /// All connections, in no order; a copy.
    Link[] all() {
        Link[] all = new Link[size];
        int n = 0;
        for (Link head : buckets) {
            for (Link link = head; link != null; link = link.nextInTable) {
                all[n++] = link;
            }
        }
        return all;
    }
}

package org.vhostdevice.vsock.queue;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.memory.IoVecs;
import org.vhostdevice.core.memory.SegmentBuffers;
import org.vhostdevice.core.virtqueue.DescriptorChain;
import org.vhostdevice.core.virtqueue.GuestBuffers;
import org.vhostdevice.vsock.connection.Connection;
import org.vhostdevice.vsock.host.HostEnd;
import org.vhostdevice.vsock.packet.Operation;
import org.vhostdevice.vsock.packet.PacketHeader;

/// A connection of sockets that keep the borders of messages (VIRTIO 1.4, 5.10.6.6). A message of the guest that
/// comes in several packets is put together before the host gets it, and one of the host that does not fit the
/// guest's buffers is kept until the guest has all of it. A message that is longer than either side can take ends
/// the connection.
final class MessageLink extends Link {
    /// Messages given to the host in one turn, so that others get theirs.
    private static final int TURN = 64;

    private final MessageQueue messages = new MessageQueue();
    private int unfinished;
    private int inFlags;

    /// @param end null while the host has no room for one more connection
    MessageLink(Hub hub, Connection connection, @Nullable HostEnd end) {
        super(hub, connection, end);
    }

    @Override
    boolean takeData(HostEnd host, PacketHeader packet, DescriptorChain chain) throws IOException {
        GuestBuffers from = chain.readable();
        int bytes = (int) packet.len();
        boolean ends = (packet.flags() & Operation.SEQ_EOM) != 0;
        if (ends && out.isEmpty() && messages.isEmpty() && sendNow(host, packet, from)) {
            return false;
        }
        boolean kept = out.add(from, PacketHeader.BYTES, bytes);
        unfinished += bytes;
        if (ends) {
            kept &= messages.add(unfinished, packet.flags());
            unfinished = 0;
            flush(host);
        } else {
            kept &= unfinished < connection.bufAlloc(); // otherwise its end can never come
        }
        if (!kept) {
            connection.close();
        }
        return false;
    }

    /// @return whether the host has taken the message, which is all in one packet
    private boolean sendNow(HostEnd host, PacketHeader packet, GuestBuffers from) throws IOException {
        int bytes = (int) packet.len();
        IoVecs vectors = hub.vectors();
        vectors.clear();
        if (bytes > 0 && from.addTo(vectors, PacketHeader.BYTES, bytes) < bytes) {
            return false;
        }
        if (host.send(vectors, endsRecord(packet.flags())) == HostEnd.NOTHING) {
            return false;
        }
        connection.forward(bytes);
        return true;
    }

    private static boolean endsRecord(int flags) {
        return (flags & Operation.SEQ_EOR) != 0;
    }

    @Override
    void flush(HostEnd host) throws IOException {
        IoVecs vectors = hub.vectors();
        for (int i = 0; i < TURN && !messages.isEmpty(); i++) {
            int bytes = messages.bytes();
            vectors.clear();
            int _ = out.addTo(vectors, bytes);
            if (host.send(vectors, endsRecord(messages.flags())) == HostEnd.NOTHING) {
                return;
            }
            out.drop(bytes);
            messages.drop();
            connection.forward(bytes);
        }
    }

    @Override
    boolean canFlush() {
        return !messages.isEmpty();
    }

    @Override
    void clear() {
        super.clear();
        messages.clear();
        unfinished = 0;
    }

    @Override
    boolean sendData(HostEnd host, RxBuffers rx) throws IOException {
        if (!in.isEmpty()) {
            sendKept(rx, inFlags);
            return true;
        }
        return sendNext(host, rx);
    }

    private boolean sendNext(HostEnd host, RxBuffers rx) throws IOException {
        IoVecs vectors = hub.vectors();
        vectors.clear();
        int direct = rx.addTo(vectors, connection.room());
        SegmentBuffers rest = hub.scratch();
        long _ = rest.addTo(vectors, 0, rest.length());
        int bytes = (int) host.receive(vectors);
        if (bytes == HostEnd.NOTHING) {
            isEmpty();
            return false;
        }
        if (bytes == HostEnd.END) {
            hasEnded();
            return false;
        }
        if (bytes > connection.guestBuffer()) {
            throw new IOException("a message of " + bytes + " bytes, for which the guest never has room");
        }
        int flags = Operation.SEQ_EOM | (host.endedRecord() ? Operation.SEQ_EOR : 0);
        if (bytes <= direct) {
            rx.sendData(connection, bytes, flags);
            return true;
        }
        return keep(rx, rest, direct, bytes, flags);
    }

    private boolean keep(RxBuffers rx, SegmentBuffers rest, int direct, int bytes, int flags) throws IOException {
        inFlags = flags;
        if (!in.add(rest, 0, bytes - direct)) {
            throw new IOException("no memory for a message");
        }
        if (direct > 0) {
            rx.sendData(connection, direct, 0);
        } else {
            sendKept(rx, inFlags);
        }
        return true;
    }
}

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

/// A connection of streams. Data goes between guest memory and the host by one call, without a copy; only what the
/// host does not take at once is copied.
final class StreamLink extends Link {
    private static final int SMALL = 2048;

    /// @param end null while the host has no room for one more connection
    StreamLink(Hub hub, Connection connection, @Nullable HostEnd end) {
        super(hub, connection, end);
    }

    @Override
    boolean takeData(HostEnd host, PacketHeader packet, DescriptorChain chain) throws IOException {
        int bytes = (int) packet.len();
        if (out.isEmpty() && hub.batch(this, chain, bytes)) {
            return true;
        }
        long done = out.isEmpty() ? sendNow(host, chain.readable(), bytes) : 0;
        if (done < bytes && !out.add(chain.readable(), PacketHeader.BYTES + done, bytes - done)) {
            connection.close(); // for lack of memory
        }
        return false;
    }

    /// Gives the host the data of packets that were put together, as far as it takes it, and keeps the rest.
    void giveBatch(TxBatch batch) {
        give(host -> {
            int taken = batch.send(host);
            connection.forward(taken);
            if (!batch.keep(out, taken)) {
                connection.close(); // for lack of memory
            }
        });
    }

    private long sendNow(HostEnd host, GuestBuffers from, long bytes) throws IOException {
        IoVecs vectors = hub.vectors();
        long done = 0;
        boolean takes = true;
        while (takes && done < bytes) {
            vectors.clear();
            long offered = from.addTo(vectors, PacketHeader.BYTES + done, bytes - done);
            long taken = host.send(vectors, false);
            takes = taken == offered;
            done += Math.max(0, taken);
        }
        connection.forward((int) done);
        return done;
    }

    @Override
    void flush(HostEnd host) throws IOException {
        IoVecs vectors = hub.vectors();
        vectors.clear();
        int _ = out.addTo(vectors, out.size());
        int taken = (int) host.send(vectors, false);
        if (taken > 0) {
            out.drop(taken);
            connection.forward(taken);
        }
    }

    @Override
    boolean canFlush() {
        return !out.isEmpty();
    }

    /// Where the guest's buffers are small, more is taken from the host than they have room for: it shows that
    /// there is no more, and saves calls if there is.
    @Override
    boolean sendData(HostEnd host, RxBuffers rx) throws IOException {
        if (!in.isEmpty()) {
            sendKept(rx, 0);
            return true;
        }
        IoVecs vectors = hub.vectors();
        vectors.clear();
        int direct = rx.addTo(vectors, connection.room());
        if (direct == 0) {
            rx.send(connection, Operation.CREDIT_UPDATE); // the buffer is good for nothing else
            return true;
        }
        SegmentBuffers more = hub.scratch();
        int asked = direct < SMALL ? direct + (int) more.addTo(vectors, 0, SMALL) : direct;
        int bytes = (int) host.receive(vectors);
        if (bytes == HostEnd.END) {
            hasEnded();
        } else if (bytes < asked) {
            isEmpty();
        }
        if (bytes > direct && !in.add(more, 0, bytes - direct)) {
            throw new IOException("no memory for data");
        }
        if (bytes > 0) {
            rx.sendData(connection, Math.min(bytes, direct), 0);
        }
        return bytes > 0;
    }
}

package org.vhostdevice.vsock.queue;

import java.io.IOException;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.memory.IoVecs;
import org.vhostdevice.core.virtqueue.DescriptorChain;
import org.vhostdevice.vsock.host.HostEnd;
import org.vhostdevice.vsock.packet.PacketHeader;

/// Packets with data for one stream that follow each other in the ring. The host gets their data by one call, out
/// of the guest's memory; their buffers go back then. One thread.
final class TxBatch {
    /// As many as the core takes from a ring before it tells the driver what is done.
    private static final int MOST = 8;

    private final IoVecs vectors = new IoVecs();
    private final @Nullable DescriptorChain[] chains = new @Nullable DescriptorChain[MOST];
    private final int[] lengths = new int[MOST];
    private int count;
    private int total;
    private @Nullable StreamLink link;

    /// Whose packets they are; null if there are none.
    @Nullable
    StreamLink link() {
        return link;
    }

    /// Whether there is no room for one more packet.
    boolean isFull() {
        return count == MOST;
    }

    /// Adds a packet, unless there is no room for it.
    ///
    /// @param of whose it is: of the same as those that are there
    /// @param bytes of data in it, at least 1
    /// @return whether it was added; the chain is completed later then
    boolean add(StreamLink of, DescriptorChain chain, int bytes) {
        if (isFull()) {
            return false;
        }
        int before = vectors.count();
        if (chain.readable().addTo(vectors, PacketHeader.BYTES, bytes) < bytes) {
            vectors.truncate(before);
            return false;
        }
        link = of;
        chains[count] = chain;
        lengths[count++] = bytes;
        total += bytes;
        return true;
    }

    /// Gives the host the data.
    ///
    /// @return how many bytes it has taken
    /// @throws IOException if its end is broken
    int send(HostEnd host) throws IOException {
        return Math.max(0, (int) host.send(vectors, false));
    }

    /// Copies the data that the host has not taken.
    ///
    /// @param taken bytes that it has
    /// @return false if there is no memory for them
    boolean keep(ByteQueue out, int taken) {
        boolean kept = true;
        int skip = taken;
        for (int i = 0; i < count && taken < total; i++) {
            int gone = Math.min(skip, lengths[i]);
            skip -= gone;
            DescriptorChain chain = Objects.requireNonNull(chains[i]);
            kept &= out.add(chain.readable(), PacketHeader.BYTES + (long) gone, lengths[i] - gone);
        }
        return kept;
    }

    /// Does with the packets what is to be done, and gives their buffers back.
    void flush() {
        StreamLink of = link;
        if (of != null) {
            link = null;
            of.giveBatch(this);
            for (int i = 0; i < count; i++) {
                Objects.requireNonNull(chains[i]).complete(0);
            }
            forget();
            of.update();
        }
    }

    /// Forgets the packets.
    void forget() {
        link = null;
        Arrays.fill(chains, 0, count, null);
        count = 0;
        total = 0;
        vectors.clear();
    }
}

package org.vhostdevice.vsock.queue;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.memory.IoVecs;
import org.vhostdevice.core.virtqueue.DescriptorChain;
import org.vhostdevice.core.virtqueue.GuestBuffers;
import org.vhostdevice.vsock.connection.Connection;
import org.vhostdevice.vsock.packet.PacketHeader;

/// The buffers of the guest for the next packets to it, in the order of the ring. Data of one call of the host may
/// fill several of them, since guests give small ones: how many are taken from the ring at a time follows how much
/// there was lately. One thread.
final class RxBuffers {
    private static final int MOST = 16;

    private final PacketHeader header = new PacketHeader();
    private final @Nullable DescriptorChain[] chains = new @Nullable DescriptorChain[MOST];
    private int count;
    private int wanted = 1;

    /// Whether there is a buffer.
    boolean any() {
        return count > 0;
    }

    /// Whether one more buffer could be of use.
    boolean wantMore() {
        return count < wanted;
    }

    /// Adds a buffer, which has room for a header. [#wantMore] holds.
    void add(DescriptorChain chain) {
        chains[count++] = chain;
    }

    private GuestBuffers buffer(int index) {
        return Objects.requireNonNull(chains[index]).writable();
    }

    private static long room(GuestBuffers buffer) {
        return buffer.length() - PacketHeader.BYTES;
    }

    /// Adds the room for data to an array for vectored I/O, leaving out that of headers.
    ///
    /// @param most bytes
    /// @return how many bytes were added
    int addTo(IoVecs into, int most) {
        int done = 0;
        for (int i = 0; i < count && done < most; i++) {
            GuestBuffers buffer = buffer(i);
            long part = Math.min(room(buffer), most - done);
            long added = part == 0 ? 0 : buffer.addTo(into, PacketHeader.BYTES, part);
            done += (int) added;
            if (added == 0 || added < room(buffer)) {
                break; // the next one would leave a gap, or a packet without data before it
            }
        }
        return done;
    }

    /// Sends data that is in the buffers already, where [#addTo] has said, in as many packets as there are buffers.
    ///
    /// @param bytes how many, at least 1
    /// @param endFlags of the last packet
    void sendData(Connection connection, int bytes, int endFlags) {
        int used = 0;
        int left = bytes;
        boolean full = false;
        while (left > 0) {
            long room = room(buffer(used));
            int part = (int) Math.min(room, left);
            full = part == room;
            left -= part;
            connection.sendData(header, left == 0 ? endFlags : 0, part);
            complete(used, part);
            used++;
        }
        wanted = full && used == count ? Math.min(2 * wanted, MOST) : Math.max(1, used);
        shift(used);
    }

    /// Sends data from elsewhere, as much as the first buffer has room for.
    ///
    /// @param most bytes
    /// @return how many bytes it takes
    int nextPart(int most) {
        return (int) Math.min(room(buffer(0)), most);
    }

    /// The first buffer.
    GuestBuffers first() {
        return buffer(0);
    }

    /// Sends the data that is in the first buffer.
    void sendFirst(Connection connection, int bytes, int flags) {
        connection.sendData(header, flags, bytes);
        complete(0, bytes);
        shift(1);
    }

    /// Sends a packet without data.
    void send(Connection connection, int op) {
        connection.send(header, op);
        complete(0, 0);
        shift(1);
    }

    /// Sends the first of the resets.
    void send(Resets resets) {
        resets.take(header);
        complete(0, 0);
        shift(1);
    }

    private void complete(int index, int bytes) {
        DescriptorChain chain = Objects.requireNonNull(chains[index]);
        header.write(chain.writable());
        chain.complete(PacketHeader.BYTES + (long) bytes);
    }

    private void shift(int used) {
        count -= used;
        System.arraycopy(chains, used, chains, 0, count);
        for (int i = count; i < count + used; i++) {
            chains[i] = null;
        }
    }

    /// Gives all buffers back, without packets.
    void giveBack() {
        while (count > 0) {
            Objects.requireNonNull(chains[0]).complete(0);
            shift(1);
        }
    }

    /// Forgets all buffers.
    void forget() {
        shift(count);
    }
}

package org.vhostdevice.vsock.connection;

/// The accounts of a connection's two receive buffers (VIRTIO 1.4, 5.10.6.3): ours, which the guest fills, and the
/// guest's. Counts of bytes are modulo 2^32, as they are in packets.
final class Credit {
    /// The most that is under way to the guest, whatever room it says to have: counts can be compared then.
    static final int MAX_UNDER_WAY = 1 << 30;

    private static final long MASK = 0xffff_ffffL;

    private final int bufAlloc;
    private int received;
    private int forwarded;
    private int told;
    private int sent;
    private int peerAlloc;
    private int peerForwarded;

    /// @param bufAlloc bytes that our buffer may hold, 1 to 2^30
    Credit(int bufAlloc) {
        this.bufAlloc = bufAlloc;
    }

    int bufAlloc() {
        return bufAlloc;
    }

    int forwarded() {
        return forwarded;
    }

    /// Bytes that the guest has sent and the host has not taken.
    int held() {
        return received - forwarded;
    }

    /// Takes note of what the guest says of its buffer.
    ///
    /// Packets that the guest makes on several processors may come in another order than they were made in, so that
    /// an older count is no fault.
    ///
    /// @return false if it says that it has taken more than it was sent
    boolean update(int newAlloc, int newForwarded) {
        if (newForwarded - sent > 0) {
            return false;
        }
        if (newForwarded - peerForwarded >= 0) {
            peerForwarded = newForwarded;
        }
        peerAlloc = newAlloc;
        return true;
    }

    /// Bytes of the guest's whole buffer.
    long peerAlloc() {
        return peerAlloc & MASK;
    }

    /// Bytes that may be sent to the guest now. None if it has shrunk its buffer below what is in it.
    int room() {
        long limit = Math.min(peerAlloc(), MAX_UNDER_WAY);
        return (int) Math.max(0, limit - (sent - peerForwarded));
    }

    /// Bytes go to the guest, at most [#room].
    void send(int bytes) {
        sent += bytes;
    }

    /// Bytes come from the guest.
    ///
    /// @return false if it was told of less room
    boolean receive(long bytes) {
        // The room that the guest knows of is less than what there is by what it was not told.
        if (bytes > bufAlloc - ((received - told) & MASK)) {
            return false;
        }
        received += (int) bytes;
        return true;
    }

    /// The host has taken bytes.
    void forward(int bytes) {
        forwarded += bytes;
    }

    /// Whether the guest should be told that there is more room: half of the buffer more, or any if it knows of
    /// little.
    boolean owesUpdate() {
        long untold = (forwarded - told) & MASK;
        long known = bufAlloc - ((received - told) & MASK);
        return untold >= bufAlloc / 2 || (untold > 0 && known < bufAlloc / 4);
    }

    /// A packet tells the guest what the buffer is like.
    void tell() {
        told = forwarded;
    }
}

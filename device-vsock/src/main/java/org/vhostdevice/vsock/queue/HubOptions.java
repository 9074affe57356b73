package org.vhostdevice.vsock.queue;

/// How a guest is connected.
///
/// @param guestCid its context id
/// @param bufAlloc bytes of a connection that are kept for the host at most, 1 to 2^30
/// @param maxConnections connections at a time
public record HubOptions(long guestCid, int bufAlloc, int maxConnections) {
    private static final long LEAST_POOL = 64 << 20;
    private static final int FULL_BUFFERS = 64;

    /// Bytes that are kept for the host at most, of all connections together: 64 MiB, or 64 times that of one, but
    /// not more than half of what the JVM may take.
    long poolBytes() {
        return Math.min(
                Math.max(LEAST_POOL, (long) FULL_BUFFERS * bufAlloc),
                Runtime.getRuntime().maxMemory() / 2);
    }
}

package org.vhostdevice.vsock;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.vsock.host.UnixPorts;

/// What a socket device is like: the options after their checks.
///
/// @param guestCid context id of the guest, 3 to 2^32 - 2
/// @param udsPath of the Unix sockets on the host's side; null for none
/// @param txBufferSize bytes of a connection that are kept for the host at most, [#LEAST_BUFFER] to [#MOST_BUFFER]
/// @param queueSize descriptors of each queue at most, a power of two
/// @param maxConnections connections at a time, 1 to [#MOST_CONNECTIONS]
record VsockConfig(long guestCid, @Nullable Path udsPath, int txBufferSize, int queueSize, int maxConnections) {
    /// The least and the most that is kept of a connection.
    static final int LEAST_BUFFER = 4096;

    static final int MOST_BUFFER = 1 << 30;

    /// The most connections.
    static final int MOST_CONNECTIONS = 1_000_000;

    private static final long FIRST_GUEST_CID = 3;
    private static final long LAST_GUEST_CID = 0xffff_fffeL;
    private static final int MOST_QUEUE = 1 << 15;

    /// Checks each option.
    ///
    /// @throws IllegalArgumentException with a message for the person who typed the options
    VsockConfig {
        if (guestCid < FIRST_GUEST_CID || guestCid > LAST_GUEST_CID) {
            throw new IllegalArgumentException("--guest-cid must be " + FIRST_GUEST_CID + " to " + LAST_GUEST_CID
                    + ", not " + Long.toUnsignedString(guestCid) + ": the other numbers are reserved");
        }
        checkRange("--tx-buffer-size", txBufferSize, LEAST_BUFFER, MOST_BUFFER);
        checkRange("--queue-size", queueSize, 1, MOST_QUEUE);
        if (Integer.bitCount(queueSize) != 1) {
            throw new IllegalArgumentException("--queue-size must be a power of two, not " + queueSize);
        }
        checkRange("--max-connections", maxConnections, 1, MOST_CONNECTIONS);
        if (udsPath != null) {
            checkLength(udsPath);
        }
    }

    private static void checkLength(Path udsPath) {
        int bytes = udsPath.toString().getBytes(StandardCharsets.UTF_8).length;
        int most = UnixPorts.maxPathBytes();
        if (bytes == 0 || bytes > most) {
            throw new IllegalArgumentException("--uds-path must have 1 to " + most + " bytes, not " + bytes
                    + ": the numbers of ports are appended to it");
        }
    }

    private static void checkRange(String option, int value, int lowest, int highest) {
        if (value < lowest || value > highest) {
            throw new IllegalArgumentException(option + " must be " + lowest + " to " + highest + ", not " + value);
        }
    }
}

package org.vhostdevice.blk.nbd;

import java.time.Duration;

/// How an export is used.
///
/// @param readOnly whether it is not written, whatever the server allows
/// @param connections to the server, 1 to 64; more than one are used if the server says that this is safe, or the
///     export is read only
/// @param timeout how long a request may take, a flush ten times as long, and how long the server may be away before
///     requests fail; zero for as long as it takes
/// @param unflushed what becomes of flushes after a connection has been lost
public record NbdOptions(boolean readOnly, int connections, Duration timeout, Unflushed unflushed) {
    /// The most connections.
    public static final int MAX_CONNECTIONS = 64;

    /// One connection, half a minute, and no trust in a server that was away.
    public static final NbdOptions DEFAULT = new NbdOptions(false, 1, Duration.ofSeconds(30), Unflushed.FAIL);

    /// Refuses numbers that make no sense.
    public NbdOptions {
        if (connections < 1 || connections > MAX_CONNECTIONS) {
            throw new IllegalArgumentException("connections are 1 to " + MAX_CONNECTIONS);
        }
        if (timeout.isNegative()) {
            throw new IllegalArgumentException("a timeout is not negative");
        }
    }

    /// What a flush says when a connection was lost while the server may have held acknowledged writes in memory only.
    /// It cannot be seen whether the server was started anew and has lost them.
    public enum Unflushed {
        /// It fails, and so does every later one until the export is opened anew.
        FAIL,
        /// It is sent to the server, and says what the server answers.
        TRUST
    }
}

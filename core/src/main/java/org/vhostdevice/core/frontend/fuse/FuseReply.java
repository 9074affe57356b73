package org.vhostdevice.core.frontend.fuse;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.protocol.Bytes;

/// The answer to a request.
///
/// @param error 0 or a positive number of Linux's `errno`
/// @param body  what follows the header
public record FuseReply(int error, Bytes body) {
    /// Linux's error number for an operation that is not there.
    public static final int ENOSYS = 38;

    /// Linux's error number for a name that is not there.
    public static final int ENOENT = 2;

    /// Linux's error number for arguments that cannot be.
    public static final int EINVAL = 22;

    /// {@return the body, little-endian}
    public ByteBuffer buffer() {
        return ByteBuffer.wrap(body.toArray()).order(ByteOrder.LITTLE_ENDIAN);
    }

    /// Requires success.
    ///
    /// @param what for the message
    /// @throws BackendRefusal if it is an error
    public void requireDone(String what) throws BackendRefusal {
        if (error != 0) {
            throw new BackendRefusal(what + " failed with error " + error);
        }
    }

    /// Requires success and a body.
    ///
    /// @param what       for the message
    /// @param leastBytes of the body
    /// @return the body, little-endian
    /// @throws BackendRefusal if it is an error, or too short
    public ByteBuffer require(String what, int leastBytes) throws BackendRefusal {
        requireDone(what);
        if (body.length() < leastBytes) {
            throw new BackendRefusal(what + " is answered by " + body.length() + " bytes instead of " + leastBytes);
        }
        return buffer();
    }
}

package org.vhostdevice.blk.nbd;

import java.io.IOException;

/// A server's bytes that the protocol does not allow. The connection ends: where the next message begins is not
/// certain.
final class ProtocolViolation extends IOException {
    private static final long serialVersionUID = 1L;

    ProtocolViolation(String message) {
        super("the NBD server breaks the protocol: " + message);
    }
}

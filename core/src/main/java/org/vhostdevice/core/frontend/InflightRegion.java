package org.vhostdevice.core.frontend;

import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.sys.OwnedFd;

/// Memory in which back ends record the requests that they hold, kept for the next one.
///
/// @param layout its size, and the queues that it is for
/// @param file   owned by this
public record InflightRegion(Message.Inflight layout, OwnedFd file) implements AutoCloseable {
    /// Lets it go.
    @Override
    public void close() {
        file.close();
    }
}

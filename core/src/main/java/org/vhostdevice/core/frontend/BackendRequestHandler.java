package org.vhostdevice.core.frontend;

import org.vhostdevice.core.protocol.BackendRequest;
import org.vhostdevice.core.protocol.Message;

/// Serves the requests of a back end.
@FunctionalInterface
public interface BackendRequestHandler {
    /// Takes note of configuration changes, for users who read the configuration when they need it, and refuses
    /// everything else.
    BackendRequestHandler PLAIN = (request, payload) -> request == BackendRequest.CONFIG_CHANGE_MSG ? 0 : 1;

    /// Serves one request. Called by the thread that serves the channel.
    ///
    /// @param request its kind; [BackendRequest#UNKNOWN] for one that the vhost-user text does not have
    /// @param payload of the shape [BackendRequest#payload()]
    /// @return the acknowledgement: 0 success, anything else failure
    long handle(BackendRequest request, Message payload);
}

package org.vhostdevice.core.frontend;

import java.util.List;
import org.vhostdevice.core.protocol.BackendRequest;
import org.vhostdevice.core.protocol.Message;

/// Gives calls and errors that come as messages to the queues, and everything else to the user's handler.
final class InBandCalls implements BackendRequestHandler {
    private final BackendRequestHandler others;
    private volatile List<FrontendQueue> queues = List.of();

    InBandCalls(BackendRequestHandler others) {
        this.others = others;
    }

    /// The queues that are called from now on.
    void serve(List<FrontendQueue> served) {
        queues = List.copyOf(served);
    }

    @Override
    public long handle(BackendRequest request, Message payload) {
        List<FrontendQueue> known = queues;
        if (!(payload instanceof Message.VringState(int index, int _)) || index < 0 || index >= known.size()) {
            return others.handle(request, payload);
        }
        switch (request) {
            case VRING_CALL -> known.get(index).calledByMessage();
            case VRING_ERR -> known.get(index).failedByMessage();
            default -> {
                return others.handle(request, payload);
            }
        }
        return 0;
    }
}

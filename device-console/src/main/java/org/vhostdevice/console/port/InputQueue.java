package org.vhostdevice.console.port;

import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.virtqueue.DescriptorChain;

/// The queue of a port with bytes for the guest. Chains stay in the ring until there are bytes for them.
final class InputQueue implements QueueHandler {
    private final QueueContext context;
    private final PortSlot slot;

    InputQueue(QueueContext context, PortSlot slot) {
        this.context = context;
        this.slot = slot;
    }

    void resume() {
        context.resume();
    }

    @Override
    public boolean ready() {
        Port port = slot.port();
        return port != null && port.guestOpen() && !port.input().isEmpty();
    }

    @Override
    public boolean starves() {
        return ready();
    }

    @Override
    public void handle(DescriptorChain chain) {
        Port port = slot.port();
        if (port == null || !port.input().give(chain)) {
            slot.counters().malformed();
        }
    }

    @Override
    public void quiesce() {
        slot.setInput(null);
    }

    @Override
    public boolean suspend() {
        slot.setInput(null);
        return true;
    }

    @Override
    public void close() {
        slot.setInput(null);
    }
}

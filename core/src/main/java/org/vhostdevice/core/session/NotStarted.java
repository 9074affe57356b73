package org.vhostdevice.core.session;

import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.virtqueue.DescriptorChain;

/// Stands in until the device has started a queue.
final class NotStarted implements QueueHandler {
    @Override
    public void handle(DescriptorChain chain) {
        throw new IllegalStateException("the queue is not started");
    }

    @Override
    public boolean ready() {
        return false;
    }
}

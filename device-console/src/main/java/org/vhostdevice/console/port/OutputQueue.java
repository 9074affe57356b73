package org.vhostdevice.console.port;

import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.virtqueue.DescriptorChain;

/// The queue of a port with bytes of the guest. A chain is given back when the host's end has taken its bytes; while it
/// does not, further chains stay in the ring and the guest waits. Without a port bytes are gone.
final class OutputQueue implements QueueHandler {
    private final QueueContext context;
    private final PortSlot slot;
    private final ChainOutput chains = new ChainOutput();
    private boolean blocked;

    OutputQueue(QueueContext context, PortSlot slot) {
        this.context = context;
        this.slot = slot;
    }

    @Override
    public boolean ready() {
        return !blocked;
    }

    @Override
    public void handle(DescriptorChain chain) {
        if (chain.readable().length() == 0) {
            slot.counters().malformed();
        }
        chains.add(chain);
        if (chains.isFull()) {
            flush();
        }
    }

    @Override
    public void batchEnd() {
        if (!blocked) {
            flush();
        }
    }

    /// The end takes more.
    void writable() {
        if (blocked) {
            blocked = false;
            flush();
            if (!blocked) {
                context.resume();
            }
        }
    }

    /// What the old port has not taken is nobody's.
    void portChanged() {
        writable();
    }

    private void flush() {
        while (chains.gather()) {
            long length = chains.length();
            long taken = take();
            chains.remove(taken);
            if (taken < length) {
                blocked = true;
                return;
            }
        }
    }

    private long take() {
        PortSink sink = sink();
        return sink == null ? chains.length() : sink.write(chains);
    }

    private @Nullable PortSink sink() {
        Port port = slot.port();
        return port == null ? null : port.sink();
    }

    /// Gives all chains back; the port keeps of their bytes what it has room for.
    @Override
    public void quiesce() {
        slot.setOutput(null);
        while (chains.gather()) {
            keep();
        }
    }

    private void keep() {
        PortSink sink = sink();
        if (sink != null) {
            sink.keep(chains);
        }
        chains.remove(chains.length());
    }

    /// Gives up the chains of which no byte is out.
    @Override
    public boolean suspend() {
        slot.setOutput(null);
        chains.keepOnlyBegun();
        while (chains.gather()) {
            keep();
        }
        return true;
    }

    @Override
    public void close() {
        slot.setOutput(null);
        chains.forget();
    }
}

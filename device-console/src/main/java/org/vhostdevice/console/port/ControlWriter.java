package org.vhostdevice.console.port;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.virtqueue.DescriptorChain;

/// The control queue with messages for the driver (VIRTIO 1.4, 5.3.6.2). Chains stay in the ring until there is one.
final class ControlWriter implements QueueHandler {
    private final Ports ports;
    private final boolean sized;
    private final ByteBuffer message =
            ByteBuffer.allocate(ControlEvent.BYTES + PortTraits.NAME_BYTES).order(ByteOrder.LITTLE_ENDIAN);

    /// @param sized whether the driver knows sizes
    ControlWriter(Ports ports, boolean sized) {
        this.ports = ports;
        this.sized = sized;
    }

    @Override
    public boolean ready() {
        return next() != null;
    }

    /// The next notice that the driver understands, and that has something to tell.
    private @Nullable Notice next() {
        for (Port port = ports.talker(); port != null; port = ports.talker()) {
            Notice notice = port.nextNotice();
            if (notice != null
                    && (notice != Notice.SIZE || (sized && port.size().isKnown()))) {
                return notice;
            }
            if (notice != null) {
                port.told(notice);
            }
            ports.spoke();
        }
        return null;
    }

    @Override
    public void handle(DescriptorChain chain) {
        Notice notice = next();
        Port port = ports.talker();
        if (notice == null || port == null) {
            chain.complete(0); // ready() was true a moment ago
            return;
        }
        write(port, notice);
        if (chain.writable().length() < message.remaining()) {
            ports.counters().malformed();
            chain.complete(0);
            return;
        }
        chain.writable().write(0, MemorySegment.ofBuffer(message), message.remaining());
        chain.complete(message.remaining());
        port.told(notice);
        ports.spoke();
    }

    private void write(Port port, Notice notice) {
        message.clear().putInt(port.number()).putShort((short) notice.event());
        message.putShort((short) (notice == Notice.CLOSE || notice == Notice.SIZE ? 0 : 1));
        if (notice == Notice.SIZE) {
            message.putShort((short) port.size().columns())
                    .putShort((short) port.size().rows());
        } else if (notice == Notice.NAME) {
            message.put(port.traits().name().getBytes(StandardCharsets.UTF_8));
        }
        var _ = message.flip();
    }

    @Override
    public boolean suspend() {
        ports.controlStopped();
        return true;
    }

    @Override
    public void close() {
        ports.controlStopped();
    }
}

package org.vhostdevice.console.port;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.virtqueue.DescriptorChain;

/// The control queue with messages of the driver (VIRTIO 1.4, 5.3.6.2). Those that cannot be are ignored and counted.
final class ControlReader implements QueueHandler {
    private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int EVENT = 4;
    private static final int VALUE = 6;

    private final Ports ports;
    private final MemorySegment message = MemorySegment.ofArray(new byte[ControlEvent.BYTES]);

    ControlReader(Ports ports) {
        this.ports = ports;
    }

    @Override
    public void handle(DescriptorChain chain) {
        boolean whole = chain.readable().length() >= ControlEvent.BYTES;
        if (whole) {
            chain.readable().read(0, message, ControlEvent.BYTES);
        }
        chain.complete(0);
        if (whole) {
            ports.obey(
                    message.get(LE32, 0),
                    Short.toUnsignedInt(message.get(LE16, EVENT)),
                    Short.toUnsignedInt(message.get(LE16, VALUE)));
        } else {
            ports.counters().malformed();
        }
    }
}

package org.vhostdevice.core.testkit;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.vhostdevice.core.device.ConfigSpace;
import org.vhostdevice.core.device.DeviceType;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.core.virtqueue.DescriptorChain;

/// A console device for tests, written down from VIRTIO 1.4, 5.3: every port gives the guest its own bytes back, unless
/// [#say] and [#heard] stand for somebody on the host. It breaks one rule if a test wants that.
public final class ConsoleTestDevice implements VirtioDevice {
    /// The columns of the console.
    public static final int COLUMNS = 100;

    /// The rows of the console.
    public static final int ROWS = 40;

    private static final int SIZE = 1;
    private static final int MULTIPORT = 2;
    private static final int EMERGENCY = 4;
    private static final int EMERGENCY_OFFSET = 8;
    private static final int CONFIG_BYTES = 12;

    /// Rules to break.
    public enum Fault {
        /// None.
        NONE,
        /// Refuses output in emergencies.
        EMERGENCY_REFUSED,
        /// Announces a port twice.
        ADDS_TWICE,
        /// Announces a port that cannot be.
        ADDS_TOO_MANY,
        /// Takes a port away that was never there.
        REMOVES_UNKNOWN,
        /// Ends the names of ports with NUL.
        NAME_WITH_NUL,
        /// Does not say that ports are open.
        NOT_OPEN,
        /// Gives columns and rows in the wrong order.
        SIZE_TURNED,
        /// Does not say which ports there are.
        SILENT,
        /// Gives receive buffers back without a byte in them.
        EMPTY_BUFFERS,
        /// Keeps the buffers of the guest.
        TAKES_NOTHING,
        /// Says that it has no ports.
        NO_PORTS
    }

    private final int ports;
    private final Fault fault;
    private final boolean echo;
    private final ByteArrayOutputStream emergency = new ByteArrayOutputStream();
    private final ByteArrayOutputStream heard = new ByteArrayOutputStream();
    private final List<ArrayDeque<DescriptorChain>> empty = new ArrayList<>();
    private final List<ArrayDeque<byte[]>> toGuest = new ArrayList<>();
    private QueueContext context;

    /// A device.
    ///
    /// @param ports how many; with 1 there are no control queues
    /// @param fault which rule it breaks
    /// @param echo  whether the guest gets its own bytes back
    public ConsoleTestDevice(int ports, Fault fault, boolean echo) {
        this.ports = ports;
        this.fault = fault;
        this.echo = echo;
        for (int queue = 0; queue < queueCount(); queue++) {
            empty.add(new ArrayDeque<>());
            toGuest.add(new ArrayDeque<>());
        }
    }

    /// What was written for emergencies.
    public String emergency() {
        synchronized (emergency) {
            return emergency.toString(StandardCharsets.ISO_8859_1);
        }
    }

    /// What the guest sent by port 0.
    public byte[] heard() {
        synchronized (heard) {
            return heard.toByteArray();
        }
    }

    /// Sends bytes to the guest by port 0, when its queue is there.
    public void say(byte... bytes) {
        context.execute(() -> give(0, bytes));
    }

    @Override
    public DeviceType type() {
        return new DeviceType("console", 3);
    }

    @Override
    public int queueCount() {
        return ports == 1 ? 2 : 2 * (ports + 1);
    }

    @Override
    public int worker(int queue) {
        return 0;
    }

    @Override
    public long features() {
        return SIZE | EMERGENCY | (ports == 1 ? 0 : MULTIPORT);
    }

    @Override
    public ConfigSpace config() {
        return new Config();
    }

    private final class Config implements ConfigSpace {
        @Override
        public byte[] bytes() {
            return ByteBuffer.allocate(CONFIG_BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putShort((short) COLUMNS)
                    .putShort((short) ROWS)
                    .putInt(fault == Fault.NO_PORTS ? 0 : ports)
                    .array();
        }

        @Override
        public boolean write(int offset, byte[] value, boolean migration) {
            if (offset != EMERGENCY_OFFSET || fault == Fault.EMERGENCY_REFUSED) {
                return false;
            }
            synchronized (emergency) {
                emergency.write(value[0]);
            }
            return true;
        }
    }

    @Override
    public QueueHandler start(QueueContext started) {
        context = started;
        int queue = started.index();
        return new QueueHandler() {
            @Override
            public void handle(DescriptorChain chain) {
                ConsoleTestDevice.this.handle(queue, chain);
            }

            @Override
            public void quiesce() {
                empty.get(queue).forEach(chain -> chain.complete(0));
                empty.get(queue).clear();
            }
        };
    }

    private void handle(int queue, DescriptorChain chain) {
        if (queue % 2 == 0) {
            if (fault == Fault.EMPTY_BUFFERS && queue == 0) {
                chain.complete(0);
                return;
            }
            empty.get(queue).add(chain);
            pump(queue);
            return;
        }
        if (fault == Fault.TAKES_NOTHING) {
            empty.get(queue).add(chain);
            return;
        }
        ByteBuffer bytes = GuestBytes.readable(chain);
        chain.complete(0);
        if (queue == 3) {
            control(bytes);
        } else {
            byte[] data = new byte[bytes.remaining()];
            bytes.get(data);
            data(queue, data);
        }
    }

    private void data(int queue, byte[] bytes) {
        if (queue == 1) {
            synchronized (heard) {
                heard.write(bytes, 0, bytes.length);
                heard.notifyAll();
            }
        }
        if (echo) {
            give(queue - 1, bytes);
        }
    }

    private void control(ByteBuffer message) {
        if (message.capacity() < 8) {
            return;
        }
        int port = message.getInt(0);
        int event = message.getShort(4);
        if (event == 0 && fault != Fault.SILENT) {
            for (int i = 0; i < ports; i++) {
                tell(i, 1, 1);
            }
            if (fault == Fault.ADDS_TWICE) {
                tell(ports - 1, 1, 1);
            } else if (fault == Fault.ADDS_TOO_MANY) {
                tell(ports, 1, 1);
            } else if (fault == Fault.REMOVES_UNKNOWN) {
                tell(ports, 2, 1);
            }
        } else if (event == 3 && port >= 0 && port < ports) {
            ready(port);
        }
    }

    private void ready(int port) {
        String name = "port." + port + (fault == Fault.NAME_WITH_NUL ? "\0" : "");
        tell(port, 7, 1, name.getBytes(StandardCharsets.US_ASCII));
        if (port == 0) {
            boolean turned = fault == Fault.SIZE_TURNED;
            tell(port, 4, 1);
            tell(port, 5, 0, (byte) (turned ? ROWS : COLUMNS), (byte) 0, (byte) (turned ? COLUMNS : ROWS), (byte) 0);
        }
        if (fault != Fault.NOT_OPEN) {
            tell(port, 6, 1);
        }
    }

    private void tell(int port, int event, int value, byte... more) {
        give(
                2,
                ByteBuffer.allocate(8 + more.length)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt(port)
                        .putShort((short) event)
                        .putShort((short) value)
                        .put(more)
                        .array());
    }

    private void give(int queue, byte... bytes) {
        toGuest.get(queue).add(bytes);
        pump(queue);
    }

    private void pump(int queue) {
        ArrayDeque<byte[]> waiting = toGuest.get(queue);
        ArrayDeque<DescriptorChain> chains = empty.get(queue);
        while (!waiting.isEmpty() && !chains.isEmpty()) {
            byte[] bytes = waiting.remove();
            DescriptorChain chain = chains.remove();
            int n = (int) Math.min(bytes.length, chain.writable().length());
            if (n < bytes.length) {
                waiting.addFirst(Arrays.copyOfRange(bytes, n, bytes.length));
            }
            chain.writable().write(0, MemorySegment.ofArray(bytes), n);
            chain.complete(n);
        }
    }

    @Override
    public void reset() {
        toGuest.forEach(ArrayDeque::clear);
    }

    @Override
    public void close() {}
}

package org.vhostdevice.console;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.vhostdevice.console.end.EndLoop;
import org.vhostdevice.console.port.Counters;
import org.vhostdevice.console.port.Port;
import org.vhostdevice.console.port.Ports;
import org.vhostdevice.console.port.TerminalSize;
import org.vhostdevice.core.device.ConfigSpace;
import org.vhostdevice.core.device.DeviceState;
import org.vhostdevice.core.device.DeviceType;
import org.vhostdevice.core.device.HostSide;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.core.device.WorkerContext;

/// A virtio console device (VIRTIO 1.4, 5.3): ports with two queues each, and two control queues if there may be
/// several.
///
/// One worker serves all queues and all host ends, so that ports need no locks. It looks after the host ends whether a
/// guest is there or not.
final class ConsoleDevice implements VirtioDevice {
    private static final System.Logger LOGGER = System.getLogger(ConsoleDevice.class.getName());

    private static final int CONFIG_BYTES = 12;
    private static final int EMERGENCY = 8;

    private final ConsoleConfig config;
    private final Ports ports;
    private final EndLoop loop = new EndLoop();
    private final List<Port> first;
    private volatile TerminalSize size;
    private volatile Runnable configChanged = () -> {};
    /// How often the device was reset, and how much of that the worker knows.
    private volatile int resets;

    private int resetsSeen;

    /// Makes a device.
    ///
    /// @param first the ports that it has from the beginning, from number 0 on; closed with it
    ConsoleDevice(ConsoleConfig config, List<Port> first) {
        this.config = config;
        this.first = List.copyOf(first);
        this.ports = new Ports(config.mostPorts(), this::resized);
        this.size = first.getFirst().traits().size();
    }

    /// Opens the host ends of all ports.
    ///
    /// @throws IOException if the host refuses one
    static ConsoleDevice open(ConsoleConfig config) throws IOException {
        List<Port> opened = new ArrayList<>();
        try {
            for (PortSpec spec : config.ports()) {
                opened.add(spec.open());
            }
            return new ConsoleDevice(config, opened);
        } catch (IOException | RuntimeException e) {
            opened.forEach(Port::close);
            throw e;
        }
    }

    @Override
    public DeviceType type() {
        return DeviceType.CONSOLE;
    }

    @Override
    public int queueCount() {
        return config.multiport() ? 2 * (config.mostPorts() + 1) : 2;
    }

    @Override
    public int maxQueueSize() {
        return config.queueSize();
    }

    @Override
    public int worker(int queue) {
        return 0;
    }

    @Override
    public long features() {
        long multiport = config.multiport() ? VirtioDevice.feature(Ports.F_MULTIPORT) : 0;
        return VirtioDevice.feature(Ports.F_SIZE) | VirtioDevice.feature(Ports.F_EMERG_WRITE) | multiport;
    }

    @Override
    public ConfigSpace config() {
        return new ConfigSpace() {
            @Override
            public byte[] bytes() {
                TerminalSize now = size;
                return ByteBuffer.allocate(CONFIG_BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putShort((short) now.columns())
                        .putShort((short) now.rows())
                        .putInt(config.mostPorts())
                        .array();
            }

            @Override
            public boolean write(int offset, byte[] value, boolean migration) {
                if (offset < EMERGENCY) {
                    return false;
                }
                if (offset == EMERGENCY && value.length > 0 && !migration) {
                    byte character = value[0];
                    loop.execute(() -> ports.emergency(character));
                }
                return true;
            }
        };
    }

    private void resized() {
        TerminalSize now = ports.size();
        if (!now.equals(size)) {
            size = now;
            configChanged.run();
        }
    }

    @Override
    public void observe(Runnable changed) {
        configChanged = changed;
    }

    @Override
    public HostSide hostSide() {
        return new HostSide() {
            @Override
            public void begin(WorkerContext context) throws IOException {
                loop.begin(context);
                for (int i = 0; i < first.size(); i++) {
                    ports.add(i, first.get(i), loop);
                }
            }

            @Override
            public void look() {
                loop.deadlines().run();
            }

            @Override
            public long patience() {
                return loop.deadlines().patience();
            }

            @Override
            public void end() {
                ports.close();
                loop.end();
            }
        };
    }

    @Override
    public QueueHandler start(QueueContext context) {
        obeyReset();
        return ports.start(context);
    }

    /// {@return what moves with the guest: which ports it knows, and which are open}
    @Override
    public DeviceState state() {
        return new ConsoleState(ports, loop);
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread resets
    public void reset() {
        resets++;
        loop.execute(this::obeyReset);
    }

    /// Worker's thread.
    private void obeyReset() {
        int now = resets;
        if (resetsSeen != now) {
            resetsSeen = now;
            ports.reset();
        }
    }

    /// Adds a port while the device is served. Any thread.
    ///
    /// @param number that no port has, less than the most
    /// @param port closed with the device, or when the host refuses it
    void addPort(int number, Port port) {
        loop.execute(() -> {
            try {
                ports.add(number, port, loop);
            } catch (IOException e) {
                LOGGER.log(Level.ERROR, "port " + number + " is not added: " + e.getMessage());
            }
        });
    }

    /// Removes a port while the device is served, if there is one. Any thread.
    ///
    /// @param number of it
    void removePort(int number) {
        loop.execute(() -> {
            boolean _ = ports.remove(number);
        });
    }

    /// {@return what went wrong so far} Any thread.
    Counters counters() {
        return ports.counters();
    }

    @Override
    public void reload() {
        loop.execute(ports::reopen);
    }

    @Override
    public void close() {
        first.forEach(Port::close);
    }
}

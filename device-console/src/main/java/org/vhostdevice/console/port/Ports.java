package org.vhostdevice.console.port;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.console.end.EndContext;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.device.QueueHandler;

/// All ports of a device, by number, and its control queues. Worker's thread.
public final class Ports {
    /// Feature: the configuration has a size (VIRTIO 1.4, 5.3.3).
    public static final int F_SIZE = 0;

    /// Feature: several ports, and control queues.
    public static final int F_MULTIPORT = 1;

    /// Feature: the configuration has a field for output in emergencies.
    public static final int F_EMERG_WRITE = 2;

    private static final int CONTROL_IN = 2;
    private static final int CONTROL_OUT = 3;

    private final PortSlot[] slots;
    private final Counters counters = new Counters();
    private final Runnable resized;
    private final ArrayDeque<Port> talkers = new ArrayDeque<>();
    private boolean driverReady;
    private @Nullable QueueContext control;

    /// Makes the numbers, without ports.
    ///
    /// @param most ports, 1 or more
    /// @param resized called when port 0 has another size
    public Ports(int most, Runnable resized) {
        this.resized = resized;
        slots = new PortSlot[most];
        for (int i = 0; i < most; i++) {
            slots[i] = new PortSlot(i, this);
        }
    }

    /// {@return what went wrong so far} Any thread.
    public Counters counters() {
        return counters;
    }

    /// Adds a port, and has the guest told.
    ///
    /// @param number free, less than the most
    /// @param port not added before; it is closed if the host refuses
    /// @param context the worker's event loop
    /// @throws IOException if the host refuses
    public void add(int number, Port port, EndContext context) throws IOException {
        PortSlot slot = slots[Objects.checkIndex(number, slots.length)];
        if (slot.port() != null) {
            throw new IllegalArgumentException("there is a port " + number);
        }
        try {
            port.start(slot, context);
        } catch (IOException | RuntimeException e) {
            port.close();
            throw e;
        }
        slot.setPort(port);
        slot.resized();
        port.allowInput();
        if (driverReady) {
            port.announce();
        }
    }

    /// Removes a port, and has the guest told. What it has sent and the host has not taken is lost.
    ///
    /// @param number of the port
    /// @return whether there was one
    public boolean remove(int number) {
        Port port = port(number);
        if (port == null) {
            return false;
        }
        slots[number].setPort(null);
        port.noticeRemoval();
        port.close();
        if (port.nextNotice() != null) {
            talk(port);
        } else {
            boolean _ = talkers.remove(port);
        }
        return true;
    }

    /// {@return a port; null if there is none}
    ///
    /// @param number any
    public @Nullable Port port(int number) {
        return number >= 0 && number < slots.length ? slots[number].port() : null;
    }

    /// {@return the size of port 0}
    public TerminalSize size() {
        Port first = port(0);
        return first == null ? TerminalSize.UNKNOWN : first.size();
    }

    /// Puts out a byte on port 0, whether there is a guest or not.
    ///
    /// @param value the byte
    public void emergency(byte value) {
        Port first = port(0);
        PortSink sink = first == null ? null : first.sink();
        if (sink != null) {
            sink.put(value);
        }
    }

    /// Opens files by their names again.
    public void reopen() {
        for (PortSlot slot : slots) {
            Port port = slot.port();
            if (port != null) {
                port.reopen();
            }
        }
    }

    /// Closes all ports.
    public void close() {
        for (PortSlot slot : slots) {
            Port port = slot.port();
            if (port != null) {
                slot.setPort(null);
                port.close();
            }
        }
    }

    /// Begins to serve a queue.
    ///
    /// @param context of the queue
    /// @return the handler of its chains
    public QueueHandler start(QueueContext context) {
        boolean multiport = context.features().has(F_MULTIPORT);
        return switch (context.index()) {
            case CONTROL_IN -> startControl(context);
            case CONTROL_OUT -> new ControlReader(this);
            default -> {
                PortSlot slot = slots[portOf(context.index())];
                yield context.index() % 2 == 0 ? startInput(context, slot, multiport) : startOutput(context, slot);
            }
        };
    }

    private static int portOf(int queue) {
        return queue < CONTROL_IN ? 0 : queue / 2 - 1;
    }

    private QueueHandler startControl(QueueContext context) {
        control = context;
        return new ControlWriter(this, context.features().has(F_SIZE));
    }

    private static QueueHandler startInput(QueueContext context, PortSlot slot, boolean multiport) {
        InputQueue queue = new InputQueue(context, slot);
        Port port = slot.port();
        if (!multiport && port != null) {
            port.setGuestOpen(true); // drivers without control queues cannot say so
        }
        slot.setInput(queue);
        return queue;
    }

    private static QueueHandler startOutput(QueueContext context, PortSlot slot) {
        OutputQueue queue = new OutputQueue(context, slot);
        slot.setOutput(queue);
        return queue;
    }

    void controlStopped() {
        control = null;
    }

    /// The driver is gone.
    public void reset() {
        driverReady = false;
        talkers.clear();
        for (PortSlot slot : slots) {
            Port port = slot.port();
            if (port != null) {
                port.reset();
            }
        }
    }

    /// {@return what moves with the guest}
    public List<PortState> states() {
        List<PortState> states = new ArrayList<>();
        for (PortSlot slot : slots) {
            Port port = slot.port();
            if (port != null) {
                states.add(port.state());
            }
        }
        return states;
    }

    /// Goes on where another process has left the ports.
    ///
    /// @param ready whether the driver has said that it is ready
    /// @param states of ports that there are
    public void restore(boolean ready, List<PortState> states) {
        reset();
        driverReady = ready;
        for (PortState state : states) {
            Objects.requireNonNull(port(state.number())).restore(state);
        }
        if (ready) {
            announceAll();
        }
    }

    /// {@return whether the driver has said that it is ready}
    public boolean driverReady() {
        return driverReady;
    }

    // What the guest says.

    /// Obeys a control message.
    void obey(int number, int event, int value) {
        Port port = port(number);
        if (event == ControlEvent.DEVICE_READY && value == 1) {
            driverReady = true;
            announceAll();
        } else if (port == null || !port.announced()) {
            counters.malformed();
        } else if (event == ControlEvent.PORT_READY) {
            port.setReady(value == 1);
        } else if (event == ControlEvent.PORT_OPEN) {
            port.setGuestOpen(value == 1);
        } else {
            counters.malformed();
        }
    }

    private void announceAll() {
        for (PortSlot slot : slots) {
            Port port = slot.port();
            if (port != null) {
                port.announce();
            }
        }
    }

    // What the guest is told.

    void resized() {
        resized.run();
    }

    /// A port has a notice.
    void talk(Port port) {
        if (!talkers.contains(port)) {
            talkers.add(port);
        }
        if (control != null) {
            control.resume();
        }
    }

    /// The port whose notice is told next; null if there is none.
    @Nullable
    Port talker() {
        return talkers.peek();
    }

    /// Has the next port's turn after this one's last notice.
    void spoke() {
        Port port = talkers.peek();
        if (port != null && port.nextNotice() == null) {
            var _ = talkers.poll();
        }
    }
}

package org.vhostdevice.core.frontend.console;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.QueuePlan;
import org.vhostdevice.core.protocol.Bytes;

/// A driver of a virtio console device (VIRTIO 1.4, 5.3): its ports, and the control queues if it has them. It answers
/// no control message by itself. One thread.
public final class ConsoleDriver {
    /// The features that this driver can live with.
    public static final long FEATURES = Console.SIZE | Console.MULTIPORT | Console.EMERGENCY_WRITE;

    private static final int SLOTS = 16;
    private static final int PORT_BYTES = 4096;
    private static final int CONTROL_BYTES = 512;
    private static final int RING = 64;
    private static final int MAX_PORTS = 31;

    private final Frontend frontend;
    private final ConsolePort[] ports;
    private final Optional<ConsolePort> control;

    /// Makes a driver with its buffers for the ports that the front end has queues for.
    ///
    /// @param frontend started
    public ConsoleDriver(Frontend frontend) {
        this.frontend = frontend;
        int queues = frontend.queues().size();
        boolean multiport = frontend.negotiated().has(Console.MULTIPORT) && queues > Console.CONTROL_TRANSMIT;
        ports = new ConsolePort[multiport ? queues / 2 - 1 : 1];
        for (int port = 0; port < ports.length; port++) {
            ports[port] = new ConsolePort(frontend, Console.receiveQueue(port), SLOTS, PORT_BYTES);
        }
        control = multiport
                ? Optional.of(new ConsolePort(frontend, Console.CONTROL_RECEIVE, SLOTS, CONTROL_BYTES))
                : Optional.empty();
    }

    /// Sets a front end up for this driver: with queues for all ports if the device has several, as far as the back
    /// end has queues for them.
    ///
    /// @param options to begin with
    /// @param probe   a front end that is connected to the device
    /// @return the options with queues and features
    /// @throws IOException if the device does not show how many ports it has
    public static FrontendOptions prepare(FrontendOptions options, Frontend probe) throws IOException {
        int queues = 2;
        if ((probe.negotiated().offered() & Console.MULTIPORT) != 0) {
            long all = 2L * (Math.min(Math.max(1, ports(probe)), MAX_PORTS) + 1);
            queues = (int) Math.min(all, probe.negotiated().maxQueues() & -2);
        }
        return options.withQueues(new QueuePlan(queues, RING, options.queues().indirectEntries()))
                .withFeatures(FEATURES);
    }

    /// Sets a front end up for port 0 alone.
    ///
    /// @param options to begin with
    /// @return the options with two queues, and features of a device with one port
    public static FrontendOptions onePort(FrontendOptions options) {
        return options.withQueues(new QueuePlan(2, RING, options.queues().indirectEntries()))
                .withFeatures(FEATURES & ~Console.MULTIPORT);
    }

    /// Reads the number of ports in the configuration.
    ///
    /// @param frontend connected
    /// @return `max_nr_ports`
    /// @throws IOException if the device does not show it
    public static long ports(Frontend frontend) throws IOException {
        return Integer.toUnsignedLong(word(frontend, Console.PORTS, Integer.BYTES));
    }

    private static int word(Frontend frontend, int offset, int size) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(frontend.config(offset, size)).order(ByteOrder.LITTLE_ENDIAN);
        return size == Integer.BYTES ? buffer.getInt() : Short.toUnsignedInt(buffer.getShort());
    }

    /// {@return the columns in the configuration}
    ///
    /// @throws IOException if the device does not show them
    public int columns() throws IOException {
        return word(frontend, Console.COLUMNS, Short.BYTES);
    }

    /// {@return the rows in the configuration}
    ///
    /// @throws IOException if the device does not show them
    public int rows() throws IOException {
        return word(frontend, Console.ROWS, Short.BYTES);
    }

    /// Writes a character for emergencies (VIRTIO 1.4, 5.3.4).
    ///
    /// @param frontend connected; neither started nor even agreed on features
    /// @param value    of which the device prints the low byte
    /// @throws BackendRefusal if the device refuses
    /// @throws IOException    if the back end fails
    public static void emergencyWrite(Frontend frontend, int value) throws IOException {
        byte[] bytes = ByteBuffer.allocate(Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .array();
        frontend.client().setConfig(Console.EMERGENCY, 0, Bytes.of(bytes));
    }

    /// {@return the number of ports with queues}
    public int ports() {
        return ports.length;
    }

    /// {@return a port}
    ///
    /// @param number from 0
    public ConsolePort port(int number) {
        return ports[number];
    }

    /// {@return whether there are control queues}
    public boolean multiport() {
        return control.isPresent();
    }

    /// {@return the control queues}
    public ConsolePort control() {
        return control.orElseThrow();
    }

    /// Sends a control message.
    ///
    /// @param message any
    /// @throws IOException if the back end fails
    public void tell(ConsoleMessage message) throws IOException {
        control().send(message.write());
    }

    /// Receives a control message.
    ///
    /// @param timeoutNanos how long to wait for it
    /// @return the message; empty if none came
    /// @throws IOException if the back end fails, or the message is too short
    public Optional<ConsoleMessage> hear(long timeoutNanos) throws IOException {
        Optional<byte[]> bytes = control().receive(timeoutNanos);
        return bytes.isEmpty() ? Optional.empty() : Optional.of(ConsoleMessage.read(bytes.get()));
    }
}

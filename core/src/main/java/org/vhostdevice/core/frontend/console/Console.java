package org.vhostdevice.core.frontend.console;

/// Numbers of virtio console devices (VIRTIO 1.4, 5.3).
public final class Console {
    /// The virtio device id.
    public static final int DEVICE_ID = 3;

    /// Feature: the configuration has a size.
    public static final long SIZE = 1L;

    /// Feature: several ports and control queues.
    public static final long MULTIPORT = 1L << 1;

    /// Feature: the configuration has a field for output in emergencies.
    public static final long EMERGENCY_WRITE = 1L << 2;

    /// Offset in the configuration: columns, 16 bits.
    public static final int COLUMNS = 0;

    /// Offset in the configuration: rows, 16 bits.
    public static final int ROWS = 2;

    /// Offset in the configuration: the number of ports, 32 bits.
    public static final int PORTS = 4;

    /// Offset in the configuration: a character for the console, 32 bits.
    public static final int EMERGENCY = 8;

    /// The control queue from the device.
    public static final int CONTROL_RECEIVE = 2;

    /// The control queue to the device.
    public static final int CONTROL_TRANSMIT = 3;

    /// Control event, from the driver: it is ready, or not.
    public static final int DEVICE_READY = 0;

    /// Control event, from the device: a port appears.
    public static final int DEVICE_ADD = 1;

    /// Control event, from the device: a port disappears.
    public static final int DEVICE_REMOVE = 2;

    /// Control event, from the driver: a port is ready, or not.
    public static final int PORT_READY = 3;

    /// Control event, from the device: a port is a console.
    public static final int CONSOLE_PORT = 4;

    /// Control event, from the device: a console has a size.
    public static final int RESIZE = 5;

    /// Control event, both ways: a port is open, or not.
    public static final int PORT_OPEN = 6;

    /// Control event, from the device: a port has a name.
    public static final int PORT_NAME = 7;

    private Console() {}

    /// {@return the queue with bytes for the guest}
    ///
    /// @param port its number
    public static int receiveQueue(int port) {
        return port == 0 ? 0 : 2 * port + 2;
    }

    /// {@return the queue with bytes of the guest}
    ///
    /// @param port its number
    public static int transmitQueue(int port) {
        return receiveQueue(port) + 1;
    }
}

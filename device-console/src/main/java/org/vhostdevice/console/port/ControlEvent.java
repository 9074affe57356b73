package org.vhostdevice.console.port;

/// The events of control messages (VIRTIO 1.4, 5.3.6.2).
final class ControlEvent {
    /// From the driver: it is ready, or has failed.
    static final int DEVICE_READY = 0;

    /// From the device: there is a port.
    static final int PORT_ADD = 1;

    /// From the device: a port is there no longer.
    static final int PORT_REMOVE = 2;

    /// From the driver: a port is ready, or could not be added.
    static final int PORT_READY = 3;

    /// From the device: a port is a console.
    static final int CONSOLE_PORT = 4;

    /// From the device: a console has a size.
    static final int RESIZE = 5;

    /// Both ways: a port was opened, or closed.
    static final int PORT_OPEN = 6;

    /// From the device: a port has a name.
    static final int PORT_NAME = 7;

    /// Bytes of a message without what may follow: port, event, value.
    static final int BYTES = 8;

    private ControlEvent() {}
}

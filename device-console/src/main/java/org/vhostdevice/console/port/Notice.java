package org.vhostdevice.console.port;

import org.jspecify.annotations.Nullable;

/// What the guest is still to be told about a port, in the order in which it is told. A notice that is given twice is
/// told once, so that a guest that asks without end is answered without end and takes no memory.
enum Notice {
    /// There is the port.
    ADD(1, ControlEvent.PORT_ADD),
    /// It is a console.
    CONSOLE(2, ControlEvent.CONSOLE_PORT),
    /// Its size.
    SIZE(4, ControlEvent.RESIZE),
    /// Its name.
    NAME(8, ControlEvent.PORT_NAME),
    /// The host's end was closed.
    CLOSE(16, ControlEvent.PORT_OPEN),
    /// The host's end was opened.
    OPEN(32, ControlEvent.PORT_OPEN),
    /// The port is there no longer.
    REMOVE(64, ControlEvent.PORT_REMOVE);

    /// The bits of notices that do not depend on the host's end, as long as the port is there.
    static final int STANDING = ADD.bit() | CONSOLE.bit() | SIZE.bit() | NAME.bit();

    private static final Notice[] ALL = values();

    private final int bit;
    private final int event;

    Notice(int bit, int event) {
        this.bit = bit;
        this.event = event;
    }

    int event() {
        return event;
    }

    int bit() {
        return bit;
    }

    /// The first one of a set; null if it is empty.
    ///
    /// @param bits of the set
    static @Nullable Notice first(int bits) {
        return bits == 0 ? null : ALL[Integer.numberOfTrailingZeros(bits)];
    }
}

package org.vhostdevice.console.port;

import org.jspecify.annotations.Nullable;

/// What the guest is still to be told about a port, in the order in which it is told. A notice that is given twice is
/// told once, so that a guest that asks without end is answered without end and takes no memory.
enum Notice {
    /// There is the port.
    ADD(ControlEvent.PORT_ADD),
    /// It is a console.
    CONSOLE(ControlEvent.CONSOLE_PORT),
    /// Its size.
    SIZE(ControlEvent.RESIZE),
    /// Its name.
    NAME(ControlEvent.PORT_NAME),
    /// The host's end was closed.
    CLOSE(ControlEvent.PORT_OPEN),
    /// The host's end was opened.
    OPEN(ControlEvent.PORT_OPEN),
    /// The port is there no longer.
    REMOVE(ControlEvent.PORT_REMOVE);

    /// The bits of notices that do not depend on the host's end, as long as the port is there.
    static final int STANDING = ADD.bit() | CONSOLE.bit() | SIZE.bit() | NAME.bit();

    private static final Notice[] ALL = values();

    private final int event;

    Notice(int event) {
        this.event = event;
    }

    int event() {
        return event;
    }

    int bit() {
        return 1 << ordinal();
    }

    /// The first one of a set.
    ///
    /// @param bits of the set
    static @Nullable Notice first(int bits) {
        int ordinal = Integer.numberOfTrailingZeros(bits);
        return ordinal < ALL.length ? ALL[ordinal] : null;
    }
}

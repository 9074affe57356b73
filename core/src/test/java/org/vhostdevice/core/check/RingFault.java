package org.vhostdevice.core.check;

/// What the rings of a relay do wrong.
enum RingFault {
    /// The relay has no rings of its own.
    OFF,
    /// Nothing is wrong.
    NONE,
    /// Writes to the descriptor table.
    WRITES_TABLE,
    /// Writes to what only the driver writes.
    WRITES_READABLE,
    /// Has flags for notifications that mean nothing.
    ODD_FLAGS,
    /// Asks for no kicks, and sees nothing without them.
    NEEDS_KICKS,
    /// Takes a kick for a request.
    KICK_IS_REQUEST,
    /// Uses the first of several requests twice, and the second one never.
    SAME_TWICE,
    /// Uses what is there together from the last to the first.
    BACKWARDS,
    /// Begins behind what is available at its start.
    STARTS_BEHIND,
    /// Obeys SUSPEND before the driver is ready.
    SUSPENDS_EARLY,
    /// Does not do what SUSPEND says.
    NEVER_SUSPENDS,
    /// Forgets what it holds when it is suspended.
    LOSES_HELD,
    /// Does not notify of what it uses last before it is suspended.
    USES_SILENTLY,
    /// Goes on while it is suspended.
    WORKS_ON,
    /// Calls while it is suspended.
    CALLS_ON,
    /// Has another configuration while it is suspended.
    CHANGES_CONFIG,
    /// Tells of a change of its configuration while it is suspended.
    TELLS_OF_CONFIG,
    /// Remains suspended.
    NEVER_RESUMES,
    /// Says that it goes on, and does not.
    RESUMES_IDLE,
    /// Gives up when it is to be suspended, and says so.
    NEEDS_RESET;

    /// Whether SUSPEND is offered.
    boolean suspends() {
        return this == NONE || compareTo(SUSPENDS_EARLY) >= 0;
    }

    /// Whether requests that come together wait until the device is suspended.
    boolean holds() {
        return this == LOSES_HELD || this == USES_SILENTLY;
    }
}

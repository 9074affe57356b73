package org.vhostdevice.console;

/// What becomes of output that a host end does not take.
enum Overflow {
    /// The guest waits.
    BLOCK,
    /// It is kept, and the oldest of it lost.
    DROP_OLDEST;

    /// Reads what was typed.
    ///
    /// @throws IllegalArgumentException with a message for the person who typed it
    static Overflow parse(String text) {
        return switch (text) {
            case "block" -> BLOCK;
            case "drop-oldest" -> DROP_OLDEST;
            default -> throw new IllegalArgumentException("block or drop-oldest, not '" + text + "'");
        };
    }
}

package org.vhostdevice.console.port;

/// The size of a terminal.
///
/// @param columns 0 to 65535, 0 if unknown
/// @param rows 0 to 65535, 0 if unknown
public record TerminalSize(int columns, int rows) {
    /// No size.
    public static final TerminalSize UNKNOWN = new TerminalSize(0, 0);

    private static final int MOST = 0xffff;

    /// Checks the numbers.
    ///
    /// @throws IllegalArgumentException with a message for the person who typed them
    public TerminalSize {
        if (columns < 0 || columns > MOST || rows < 0 || rows > MOST) {
            throw new IllegalArgumentException(
                    "a terminal has 0 to " + MOST + " columns and rows, not " + columns + "x" + rows);
        }
    }

    /// {@return whether there is a size}
    public boolean isKnown() {
        return columns > 0 && rows > 0;
    }
}

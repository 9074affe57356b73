package org.vhostdevice.core.sys;

/// The size of a terminal's window (`struct winsize`), in characters.
///
/// @param columns 0 to 65535; 0 if it is not known
/// @param rows 0 to 65535; 0 if it is not known
public record WindowSize(int columns, int rows) {
    private static final int MAX = 0xffff;

    /// Checks the range.
    public WindowSize {
        if (columns < 0 || columns > MAX || rows < 0 || rows > MAX) {
            throw new IllegalArgumentException("a window of " + columns + " columns and " + rows + " rows");
        }
    }

    /// {@return whether both numbers are known}
    public boolean isKnown() {
        return columns > 0 && rows > 0;
    }
}

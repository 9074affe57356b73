package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// How a terminal treats what goes through it: a `struct termios`, kept as it is and not looked into, so that
/// putting it back leaves nothing changed. Immutable.
public final class TerminalMode {
    /// More than any host's structure: 60 bytes on Linux, 72 on macOS, 44 on FreeBSD.
    static final int TERMIOS_BYTES = 128;

    private final byte[] termios;

    private TerminalMode(byte[] termios) {
        this.termios = termios;
    }

    /// Copies the structure.
    static TerminalMode of(MemorySegment termios) {
        return new TerminalMode(termios.toArray(JAVA_BYTE));
    }

    /// A copy of the structure.
    MemorySegment allocate(Arena arena) {
        MemorySegment copy = arena.allocate(TERMIOS_BYTES, 8);
        MemorySegment.copy(termios, 0, copy, JAVA_BYTE, 0, termios.length);
        return copy;
    }

    /// The same, but every byte passes unchanged in both directions, one by one (`cfmakeraw(3)`): no echo, no
    /// lines, no signals, no flow control.
    ///
    /// @return another mode
    public TerminalMode raw() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment copy = allocate(arena);
            int _ = Downcall.toInt(Symbol.CFMAKERAW, copy, 0, 0);
            return of(copy);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TerminalMode mode && Arrays.equals(termios, mode.termios);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(termios);
    }
}

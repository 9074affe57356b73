package org.vhostdevice.vsock.host;

import org.jspecify.annotations.Nullable;

/// The line by which a program of the host says what it wants: `CONNECT`, blanks, the number of a port of the
/// guest, and a line feed. It may come in any pieces. Letters may be small, and a carriage return may stand before
/// the line feed.
public final class ConnectLine {
    /// Bytes of the shortest line. Whoever reads no more of them before the line has ended, and then one at a time,
    /// has no byte of what follows the line.
    static final int SHORTEST = "CONNECT 0\n".length();

    private static final String WORD = "CONNECT";
    private static final int LONGEST = 32;
    private static final long MOST = 0xffff_ffffL;

    private int length;
    private long port;
    private Part part = Part.WORD;

    private enum Part {
        WORD,
        BLANKS,
        DIGITS,
        RETURN,
        ENDED,
        WRONG
    }

    /// Makes an empty line.
    public ConnectLine() {}

    /// {@return how many bytes may be read next, without reading beyond the line}
    public int missing() {
        return Math.max(1, SHORTEST - length);
    }

    /// Takes the next byte of the line.
    ///
    /// @param next the byte
    public void add(byte next) {
        length++;
        part = length > LONGEST || part == Part.ENDED ? Part.WRONG : after(next);
    }

    private Part after(byte next) {
        return switch (part) {
            case WORD -> word(next);
            case BLANKS -> next == ' ' ? Part.BLANKS : digit(next);
            case DIGITS -> next == '\r' ? Part.RETURN : next == '\n' ? Part.ENDED : digit(next);
            case RETURN -> next == '\n' ? Part.ENDED : Part.WRONG;
            case ENDED, WRONG -> Part.WRONG;
        };
    }

    private Part word(byte next) {
        if (length <= WORD.length()) {
            return Character.toUpperCase(next) == WORD.charAt(length - 1) ? Part.WORD : Part.WRONG;
        }
        return next == ' ' ? Part.BLANKS : Part.WRONG;
    }

    private Part digit(byte next) {
        if (next < '0' || next > '9') {
            return Part.WRONG;
        }
        port = port * 10 + (next - '0');
        return port > MOST ? Part.WRONG : Part.DIGITS;
    }

    /// {@return whether this cannot become such a line any more}
    public boolean isWrong() {
        return part == Part.WRONG;
    }

    /// {@return the port, an unsigned number of 32 bits; null while the line has not ended}
    public @Nullable Integer port() {
        return part == Part.ENDED ? (Integer) (int) port : null;
    }
}

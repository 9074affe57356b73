package org.vhostdevice.console.end;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Telnet on one connection, from the server's side (RFC 854; NAWS, RFC 1073): takes commands out of what the client
/// sends, and answers them. The server echoes, and both sides send bytes as they are. Worker's thread.
final class Telnet {
    static final int IAC = 255;
    static final int DONT = 254;
    static final int DO = 253;
    static final int WONT = 252;
    static final int WILL = 251;
    static final int SB = 250;
    static final int SE = 240;
    static final int BINARY = 0;
    static final int ECHO = 1;
    static final int SUPPRESS_GO_AHEAD = 3;
    static final int NAWS = 31;

    /// What the server begins with.
    private static final int[] GREETING = {
        IAC, WILL, ECHO, IAC, WILL, SUPPRESS_GO_AHEAD, IAC, WILL, BINARY, IAC, DO, BINARY, IAC, DO, NAWS
    };
    /// What the client begins with that wants telnet of a server in [TelnetMode#AUTO].
    private static final int[] OPENING = {IAC, WILL, NAWS};
    /// By which such a server tells where telnet begins.
    private static final int[] ACCEPTANCE = {IAC, DO, NAWS};

    private static final int NAWS_BYTES = 4;

    private enum State {
        DATA,
        AFTER_CR,
        AFTER_IAC,
        AFTER_VERB,
        IN_SUB,
        IAC_IN_SUB
    }

    /// What comes out besides bytes.
    interface Events {
        /// A command for the client.
        void reply(int[] command);

        /// The client's window has another size.
        void resized(int columns, int rows);
    }

    private final Events events;
    private boolean on;
    private boolean undecided;
    private int matched; // bytes of the opening
    private boolean binary; // of the client
    private State state = State.DATA;
    private int verb;
    private final byte[] sub = new byte[1 + NAWS_BYTES];
    private int subLength;

    Telnet(TelnetMode mode, Events events) {
        this.events = events;
        this.on = mode == TelnetMode.ON;
        this.undecided = mode == TelnetMode.AUTO;
    }

    /// Begins, when the client has connected.
    void greet() {
        if (on) {
            events.reply(GREETING);
        }
    }

    /// Whether bytes for the client are to be escaped.
    boolean isOn() {
        return on;
    }

    /// Whether bytes of the client are to go through [#decode].
    boolean looks() {
        return on || undecided;
    }

    /// Takes commands out of what the client has sent.
    ///
    /// @param bytes of the client in front, then those that are left
    /// @param length how many there are; the segment has room for two more
    /// @return how many are left
    int decode(MemorySegment bytes, int length) {
        int from = 0;
        int to = 0;
        while (undecided && from < length) {
            int value = at(bytes, from);
            if (value == OPENING[matched]) {
                matched++;
                from++;
                if (matched == OPENING.length) {
                    undecided = false;
                    on = true;
                    events.reply(ACCEPTANCE);
                }
            } else {
                undecided = false;
                // None of the opening's bytes is for us: they belong in front of the others.
                return giveBack(bytes, from, length);
            }
        }
        for (; from < length; from++) {
            int value = at(bytes, from);
            if (!on || isData(value)) {
                bytes.set(ValueLayout.JAVA_BYTE, to, (byte) value);
                to++;
            }
        }
        return to;
    }

    /// Puts the bytes that looked like an opening in front of the rest. They came in this piece, or in one before.
    private int giveBack(MemorySegment bytes, int from, int length) {
        int rest = length - from;
        MemorySegment.copy(bytes, from, bytes, matched, rest);
        for (int i = 0; i < matched; i++) {
            bytes.set(ValueLayout.JAVA_BYTE, i, (byte) OPENING[i]);
        }
        int all = matched + rest;
        matched = 0;
        return all;
    }

    private static int at(MemorySegment bytes, int index) {
        return Byte.toUnsignedInt(bytes.get(ValueLayout.JAVA_BYTE, index));
    }

    /// Takes the next byte.
    ///
    /// @return whether it is the guest's
    private boolean isData(int value) {
        switch (state) {
            case AFTER_CR -> {
                state = State.DATA;
                return value != 0 && isData(value);
            }
            case DATA -> {
                if (value == IAC) {
                    state = State.AFTER_IAC;
                    return false;
                }
                state = value == '\r' && !binary ? State.AFTER_CR : State.DATA;
                return true;
            }
            case AFTER_IAC -> {
                return command(value);
            }
            case AFTER_VERB -> {
                state = State.DATA;
                option(value);
            }
            case IN_SUB -> inSub(value);
            case IAC_IN_SUB -> {
                state = value == SE ? State.DATA : State.IN_SUB;
                if (value == SE) {
                    endSub();
                } else {
                    add(value);
                }
            }
        }
        return false;
    }

    private boolean command(int value) {
        state = State.DATA;
        switch (value) {
            case IAC -> {
                return true;
            }
            case DO, DONT, WILL, WONT -> {
                verb = value;
                state = State.AFTER_VERB;
            }
            case SB -> {
                subLength = 0;
                state = State.IN_SUB;
            }
            default -> {} // such as NOP, or AYT, which nobody needs
        }
        return false;
    }

    private void inSub(int value) {
        if (value == IAC) {
            state = State.IAC_IN_SUB;
        } else {
            add(value);
        }
    }

    private void add(int value) {
        if (subLength < sub.length) {
            sub[subLength] = (byte) value;
        }
        subLength++;
    }

    /// Agrees to what the greeting has, and to nothing else.
    private void option(int value) {
        boolean ours = value == ECHO || value == SUPPRESS_GO_AHEAD || value == BINARY;
        boolean theirs = value == NAWS || value == SUPPRESS_GO_AHEAD || value == BINARY;
        if (verb == WILL && value == BINARY) {
            binary = true;
        } else if (verb == WILL && !theirs) {
            events.reply(new int[] {IAC, DONT, value});
        } else if (verb == DO && !ours) {
            events.reply(new int[] {IAC, WONT, value});
        }
    }

    private void endSub() {
        if (subLength == sub.length && Byte.toUnsignedInt(sub[0]) == NAWS) {
            events.resized(word(1), word(3));
        }
    }

    private int word(int at) {
        return Byte.toUnsignedInt(sub[at]) << 8 | Byte.toUnsignedInt(sub[at + 1]);
    }
}

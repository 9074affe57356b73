package org.vhostdevice.console.end;

import static org.vhostdevice.console.end.Telnet.BINARY;
import static org.vhostdevice.console.end.Telnet.DO;
import static org.vhostdevice.console.end.Telnet.DONT;
import static org.vhostdevice.console.end.Telnet.IAC;
import static org.vhostdevice.console.end.Telnet.NAWS;
import static org.vhostdevice.console.end.Telnet.SB;
import static org.vhostdevice.console.end.Telnet.SE;
import static org.vhostdevice.console.end.Telnet.WILL;

import java.io.ByteArrayOutputStream;
import org.vhostdevice.core.sys.WindowSize;

/// Telnet on one connection, from the side of a client of a server in [TelnetMode#AUTO]: it begins with an
/// offer that no text begins with, whatever its encoding, so that no other client does it by chance. What the
/// server sends is plain up to its acceptance, and telnet from there on (RFC 854, RFC 1073), with bytes as
/// they are (RFC 856). One thread.
public final class TelnetClient {
    private static final int[] ACCEPTANCE = {IAC, DO, NAWS};

    private State state = State.PLAIN;
    private int accepted; // bytes of the acceptance

    private enum State {
        PLAIN,
        DATA,
        AFTER_IAC,
        AFTER_VERB,
        IN_SUB,
        IAC_IN_SUB
    }

    /// Makes a client that has said and heard nothing.
    public TelnetClient() {}

    /// {@return what is sent first}
    ///
    /// @param size of the window
    public static byte[] offer(WindowSize size) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(bytes(IAC, WILL, NAWS, IAC, WILL, BINARY));
        out.writeBytes(size(size));
        return out.toByteArray();
    }

    /// {@return what tells that the window has another size}
    ///
    /// @param size of the window
    public static byte[] size(WindowSize size) {
        byte[] numbers = bytes(size.columns() >> Byte.SIZE, size.columns(), size.rows() >> Byte.SIZE, size.rows());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(bytes(IAC, SB, NAWS));
        out.writeBytes(data(numbers, numbers.length));
        out.writeBytes(bytes(IAC, SE));
        return out.toByteArray();
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    /// {@return bytes for the guest as they are sent}
    ///
    /// @param bytes in front of an array
    /// @param length how many
    public static byte[] data(byte[] bytes, int length) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(length + 1);
        for (int i = 0; i < length; i++) {
            out.write(bytes[i]);
            if (bytes[i] == (byte) IAC) {
                out.write(IAC);
            }
        }
        return out.toByteArray();
    }

    /// Takes out what is not from the guest.
    ///
    /// @param bytes received, in front of an array
    /// @param length how many
    /// @param into gets those of the guest; has room for two more than `length`
    /// @return how many those are
    public int decode(byte[] bytes, int length, byte[] into) {
        int left = 0;
        for (int i = 0; i < length; i++) {
            int next = Byte.toUnsignedInt(bytes[i]);
            if (state == State.PLAIN) {
                left = plain(next, into, left);
            } else if (isData(next)) {
                into[left++] = bytes[i];
            }
        }
        return left;
    }

    /// Looks whether the server accepts, and gives back what only began like that.
    private int plain(int next, byte[] into, int at) {
        int left = at;
        if (next != ACCEPTANCE[accepted]) {
            for (int i = 0; i < accepted; i++) {
                into[left++] = (byte) ACCEPTANCE[i];
            }
            accepted = 0;
        }
        if (next != ACCEPTANCE[accepted]) {
            into[left++] = (byte) next;
        } else if (++accepted == ACCEPTANCE.length) {
            state = State.DATA;
        }
        return left;
    }

    private boolean isData(int next) {
        switch (state) {
            case PLAIN -> throw new IllegalStateException("not telnet yet");
            case DATA -> {
                state = next == IAC ? State.AFTER_IAC : State.DATA;
                return next != IAC;
            }
            case AFTER_IAC -> {
                boolean verb = next >= WILL && next <= DONT;
                state = next == SB ? State.IN_SUB : verb ? State.AFTER_VERB : State.DATA;
                return next == IAC;
            }
            case AFTER_VERB -> state = State.DATA;
            case IN_SUB -> state = next == IAC ? State.IAC_IN_SUB : State.IN_SUB;
            case IAC_IN_SUB -> state = next == SE ? State.DATA : State.IN_SUB;
        }
        return false;
    }
}

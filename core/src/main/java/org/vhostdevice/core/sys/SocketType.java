package org.vhostdevice.core.sys;

/// How a socket carries bytes.
public enum SocketType {
    /// As one sequence.
    STREAM(1),
    /// As messages whose borders are kept. Between Unix sockets only where there is [Capability#UNIX_SEQPACKET].
    SEQPACKET(5);

    private final int number;

    SocketType(int number) {
        this.number = number;
    }

    /// `SOCK_STREAM` or `SOCK_SEQPACKET`, which are the same on every host.
    int number() {
        return number;
    }
}

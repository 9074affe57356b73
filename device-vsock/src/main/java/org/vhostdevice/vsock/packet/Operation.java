package org.vhostdevice.vsock.packet;

/// What a packet is for, `op` of its header, and the flags that some have (VIRTIO 1.4, 5.10.6).
public final class Operation {
    /// No packet has this one.
    public static final int INVALID = 0;

    /// Asks for a connection.
    public static final int REQUEST = 1;

    /// Grants a connection.
    public static final int RESPONSE = 2;

    /// Refuses a connection, or ends it at once.
    public static final int RST = 3;

    /// Says that no more is sent, or received.
    public static final int SHUTDOWN = 4;

    /// Carries data.
    public static final int RW = 5;

    /// Tells buffer space.
    public static final int CREDIT_UPDATE = 6;

    /// Asks for [#CREDIT_UPDATE].
    public static final int CREDIT_REQUEST = 7;

    /// Flag of [#SHUTDOWN]: the sender receives no more.
    public static final int SHUTDOWN_RCV = 1;

    /// Flag of [#SHUTDOWN]: the sender sends no more.
    public static final int SHUTDOWN_SEND = 2;

    /// Both flags of [#SHUTDOWN].
    public static final int SHUTDOWN_BOTH = SHUTDOWN_RCV | SHUTDOWN_SEND;

    /// Flag of [#RW] between sockets of messages: a message ends.
    public static final int SEQ_EOM = 1;

    /// Flag of [#RW] between sockets of messages: a record ends, as the application said.
    public static final int SEQ_EOR = 2;

    private Operation() {}
}

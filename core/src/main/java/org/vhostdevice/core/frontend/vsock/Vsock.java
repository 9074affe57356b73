package org.vhostdevice.core.frontend.vsock;

/// Numbers of virtio socket devices (VIRTIO 1.4, 5.10).
public final class Vsock {
    /// The virtio device id.
    public static final int DEVICE_ID = 19;

    /// The queue with packets for the guest.
    public static final int RECEIVE_QUEUE = 0;

    /// The queue with packets for the host.
    public static final int TRANSMIT_QUEUE = 1;

    /// The queue with events for the guest.
    public static final int EVENT_QUEUE = 2;

    /// The number of queues.
    public static final int QUEUES = 3;

    /// Feature: stream sockets.
    public static final long STREAM = 1L;

    /// Feature: sockets that keep the borders of messages.
    public static final long SEQPACKET = 1L << 1;

    /// Feature: stream sockets are there only with [#STREAM].
    public static final long NO_IMPLIED_STREAM = 1L << 2;

    /// The context id of the host.
    public static final long HOST_CID = 2;

    /// Socket type: stream.
    public static final int TYPE_STREAM = 1;

    /// Socket type: sequence of messages.
    public static final int TYPE_SEQPACKET = 2;

    /// Operation: asks for a connection.
    public static final int REQUEST = 1;

    /// Operation: grants a connection.
    public static final int RESPONSE = 2;

    /// Operation: refuses or ends a connection.
    public static final int RST = 3;

    /// Operation: says that no more is sent or received.
    public static final int SHUTDOWN = 4;

    /// Operation: carries data.
    public static final int RW = 5;

    /// Operation: tells buffer space.
    public static final int CREDIT_UPDATE = 6;

    /// Operation: asks for [#CREDIT_UPDATE].
    public static final int CREDIT_REQUEST = 7;

    /// Flag of [#SHUTDOWN]: nothing more is received.
    public static final int SHUTDOWN_RECEIVE = 1;

    /// Flag of [#SHUTDOWN]: nothing more is sent.
    public static final int SHUTDOWN_SEND = 2;

    /// Both flags of [#SHUTDOWN].
    public static final int SHUTDOWN_BOTH = 3;

    /// Flag of [#RW]: a message ends.
    public static final int END_OF_MESSAGE = 1;

    /// Flag of [#RW]: a record ends.
    public static final int END_OF_RECORD = 2;

    /// Event: all connections are gone, and the guest's context id may be another.
    public static final int TRANSPORT_RESET = 0;

    private Vsock() {}
}

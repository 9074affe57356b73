package org.vhostdevice.core.testkit;

/// Rules that a [VsockTestDevice] breaks.
public enum VsockFault {
    /// None.
    NONE,
    /// Gives the guest the host's context id.
    CID_OF_THE_HOST,
    /// Does not refuse connections to ports where nobody listens.
    REFUSAL_UNSAID,
    /// Does not refuse unknown types of sockets.
    TYPE_UNREFUSED,
    /// Does not answer questions of credit.
    CREDIT_UNTOLD,
    /// Sends more than the guest has room for.
    CREDIT_EXCEEDED,
    /// Says that it has no room at all.
    NO_SPACE,
    /// Reads no packets while it cannot send any.
    WAITS_FOR_BUFFERS,
    /// Does not end a connection that the guest has shut down.
    NO_RESET_AFTER_SHUTDOWN,
    /// Takes what is behind a packet's data for data.
    WHOLE_BUFFER,
    /// Keeps the buffers of packets that are malformed.
    KEEPS_MALFORMED,
    /// Counts no bytes that it took.
    COUNTS_NOTHING,
    /// Says nothing to packets of no connection.
    STRAYS_IGNORED,
    /// Answers a reset by a reset.
    RESETS_RESETS,
    /// Does not offer NO_IMPLIED_STREAM.
    NOT_OFFERED,
    /// Does not tell the guest that the host has closed.
    NO_SHUTDOWN,
    /// Leaves the host's end open when the guest resets the connection.
    KEEPS_HOST,
    /// Takes the end of one direction for the end of both.
    WHOLE_SHUTDOWN,
    /// Tells the host that the guest did not grant a connection.
    SAYS_NO,
    /// Refuses sockets of any type by packets of stream sockets.
    REFUSES_AS_STREAM,
    /// Does not tell the guest that it has moved.
    MOVE_UNTOLD,
    /// Gives the host each packet of a message as a message of its own.
    BORDERS_LOST,
    /// Does not tell the guest where a message of the host ends.
    ENDS_UNTOLD
}

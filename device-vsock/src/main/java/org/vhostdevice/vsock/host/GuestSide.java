package org.vhostdevice.vsock.host;

import org.vhostdevice.core.device.Deadlines;
import org.vhostdevice.core.sys.SocketType;

/// The guest, as its host sees it.
public interface GuestSide {
    /// The context id by which guests know their host.
    long HOST_CID = 2;

    /// {@return whether there is room for one more connection}
    boolean hasRoom();

    /// Counts somebody who has connected, but has not said to which port of the guest.
    void callerCame();

    /// Counts one less of those.
    void callerWent();

    /// Asks the guest for a connection of the host, by a port that nothing else has.
    ///
    /// @param end the host's end, which is closed if there is no room, and when the connection ends
    /// @param guestPort where to
    /// @param type of the socket
    void connect(HostEnd end, int guestPort, SocketType type);

    /// Asks the guest for a connection of somebody else.
    ///
    /// @param end his end, which is closed if there is no room or such a connection already, and when it ends
    /// @param cid his context id
    /// @param port his port
    /// @param guestPort where to
    /// @param type of the socket
    void connect(HostEnd end, long cid, int port, int guestPort, SocketType type);

    /// {@return the deadlines of the guest's queues}
    Deadlines deadlines();
}

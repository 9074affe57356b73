package org.vhostdevice.vsock.host;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.WorkerContext;
import org.vhostdevice.core.sys.SocketType;
import org.vhostdevice.vsock.connection.Connection.Address;

/// A part of what is outside of the guest: who the guest may connect to, and who connects to it.
///
/// All methods but [#close] are for the thread that serves the guest's queues. Between [#detach] and [#attach]
/// there is none: those who want to connect wait.
public interface HostPorts extends AutoCloseable {
    /// Connects to somebody for the guest.
    ///
    /// @param wanted address that the guest wants: its host's part may have any numbers
    /// @param type of the socket
    /// @return the end, perhaps not connected yet; null if no such address is of this side
    /// @throws IOException if it is, but there is no connection; by an [org.vhostdevice.core.sys.ErrnoException]
    ///     with `EAGAIN` if there may be one a little later
    @Nullable
    HostEnd connect(Address wanted, SocketType type) throws IOException;

    /// Begins to serve those who want to connect to the guest.
    ///
    /// @param context of a queue of the guest
    /// @param guest whom they connect to
    /// @throws IOException if the host lacks something
    void attach(WorkerContext context, GuestSide guest) throws IOException;

    /// Lets those wait who want to connect to the guest.
    void detach();

    /// There is room for connections, or no more of it.
    ///
    /// @param room whether there is
    void roomChanged(boolean room);

    /// Frees what it holds; nobody can connect any more.
    @Override
    void close();
}

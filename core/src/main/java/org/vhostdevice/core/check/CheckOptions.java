package org.vhostdevice.core.check;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.vhostdevice.core.sys.Notification;

/// How checks are made.
///
/// @param kind        type of the device; found out where possible if it is not given
/// @param formats     formats of rings to be used
/// @param notifications      what kicks and calls are made of
/// @param timeout     how long to wait for what must happen
/// @param destructive whether the medium may be written
/// @param hostSockets where a socket device has the Unix sockets of its host side, if the caller knows
public record CheckOptions(
        Optional<DeviceKind> kind,
        Set<RingFormat> formats,
        Notification.Kind notifications,
        Duration timeout,
        boolean destructive,
        Optional<Path> hostSockets) {
    /// Copies the set.
    public CheckOptions {
        formats = Set.copyOf(formats);
    }

    /// Without a way to the host side of a socket device.
    ///
    /// @param kind          type of the device; found out where possible if it is not given
    /// @param formats       formats of rings to be used
    /// @param notifications what kicks and calls are made of
    /// @param timeout       how long to wait for what must happen
    /// @param destructive   whether the medium may be written
    public CheckOptions(
            Optional<DeviceKind> kind,
            Set<RingFormat> formats,
            Notification.Kind notifications,
            Duration timeout,
            boolean destructive) {
        this(kind, formats, notifications, timeout, destructive, Optional.empty());
    }
}

package org.vhostdevice.console;

import java.io.IOException;
import org.vhostdevice.console.end.Backend;
import org.vhostdevice.console.end.EndOptions;
import org.vhostdevice.console.port.Port;
import org.vhostdevice.console.port.PortTraits;

/// A port as the options describe it.
///
/// @param traits what it is like
/// @param backend what its host end is made of
/// @param options how that behaves
record PortSpec(PortTraits traits, Backend backend, EndOptions options) {
    /// Opens the host end.
    ///
    /// @throws IOException if the host refuses
    Port open() throws IOException {
        return new Port(traits, backend.open(options));
    }
}

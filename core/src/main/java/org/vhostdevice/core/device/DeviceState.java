package org.vhostdevice.core.device;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/// What a device knows beyond its rings and its configuration, as it moves to another process when a guest migrates.
///
/// Called on a thread of its own while no ring is started. The configuration space may be read meanwhile; the device
/// is neither started nor reset. The core adds what it takes to recognise a foreign or a cut-off state.
public interface DeviceState {
    /// The state of a device that has none: nothing is saved, and nothing but that can be loaded.
    DeviceState NONE = new DeviceState() {
        @Override
        public void save(OutputStream to) {}

        @Override
        public void load(InputStream from) throws IOException {
            if (from.read() >= 0) {
                throw new IOException("a state for a device that has none");
            }
        }
    };

    /// Writes the state.
    ///
    /// @param to takes up to a gibibyte; best written in large pieces
    /// @throws IOException if the state cannot be saved, or `to` fails
    void save(OutputStream to) throws IOException;

    /// Reads a state that [#save] wrote, perhaps in another version of this program. It comes from outside: every
    /// length in it is to be checked. If this or the transfer fails, the device is reset.
    ///
    /// @param from ends with the state
    /// @throws IOException if the state is not sound, or `from` fails
    void load(InputStream from) throws IOException;
}

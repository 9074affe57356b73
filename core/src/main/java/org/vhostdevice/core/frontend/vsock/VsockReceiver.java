package org.vhostdevice.core.frontend.vsock;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/// Takes packets where they lie in guest memory.
@FunctionalInterface
public interface VsockReceiver {
    /// Takes one packet.
    ///
    /// @param header its header
    /// @param data   as many bytes as the header says; the buffer goes back to the device afterwards
    /// @throws IOException if the packet breaks a rule, or answering it fails
    void receive(VsockHeader header, MemorySegment data) throws IOException;
}

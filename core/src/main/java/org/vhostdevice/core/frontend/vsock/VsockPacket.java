package org.vhostdevice.core.frontend.vsock;

import org.vhostdevice.core.protocol.Bytes;

/// A packet that the device gave to the guest.
///
/// @param header as it was received
/// @param data   as many bytes as the header says
public record VsockPacket(VsockHeader header, Bytes data) {}

package org.vhostdevice.core.frontend;

import org.vhostdevice.core.protocol.Bytes;
import org.vhostdevice.core.protocol.MessageHeader;

/// A message as a back end sent it.
///
/// @param header      not checked, but for a size within [MessageHeader#MAX_PAYLOAD]
/// @param payload     as many bytes as the header says
/// @param descriptors how many descriptors came along
public record RawMessage(MessageHeader header, Bytes payload, int descriptors) {}

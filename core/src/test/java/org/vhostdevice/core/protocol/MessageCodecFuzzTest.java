package org.vhostdevice.core.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// Any payload gives a record that survives the wire, or a refusal. The first byte of the input is the message id, the
/// second the direction.
class MessageCodecFuzzTest {
    private static final int ID_BYTES = 2;

    private final MemorySegment wire = MemorySegment.ofArray(new byte[MessageHeader.MAX_PAYLOAD]);

    @FuzzTest
    void decode(byte[] input) throws ProtocolException {
        if (input.length < ID_BYTES) {
            return;
        }
        MemorySegment payload = MemorySegment.ofArray(Arrays.copyOfRange(input, ID_BYTES, input.length));
        FrontendRequest frontend = FrontendRequest.of(input[0] & 0xff);
        BackendRequest backend = BackendRequest.of(input[0] & 0xff);
        Decoder decoder = switch (input[1] & 3) {
            case 0 -> bytes -> MessageCodec.decode(frontend, bytes);
            case 1 -> bytes -> MessageCodec.decode(backend, bytes);
            case 2 -> bytes -> MessageCodec.decodeReply(frontend, bytes);
            default -> bytes -> MessageCodec.decodeReply(backend, bytes);
        };
        Message message;
        try {
            message = decoder.decode(payload);
        } catch (ProtocolException refusal) {
            assertFalse(refusal.fatal());
            return;
        }
        int size = MessageCodec.encode(message, wire);
        assertEquals(message, decoder.decode(wire.asSlice(0, size)));
    }

    private interface Decoder {
        Message decode(MemorySegment payload) throws ProtocolException;
    }
}

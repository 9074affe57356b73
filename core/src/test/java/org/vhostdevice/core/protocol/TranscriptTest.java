package org.vhostdevice.core.protocol;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.testkit.WireTranscript;

@DisplayName("recorded front ends")
class TranscriptTest {
    @ParameterizedTest
    @ValueSource(strings = {"qemu-7.2-blk-slots.txt", "qemu-7.2-blk-table.txt", "uml-6.1-blk.txt"})
    void everyMessageIsUnderstoodAndWrittenAgainAlike(String resource) throws Exception {
        WireTranscript transcript = WireTranscript.read(TranscriptTest.class, resource);
        for (WireTranscript.Entry entry : transcript.entries()) {
            MessageHeader header =
                    MessageHeader.read(MemorySegment.ofArray(entry.bytes().toArray()));
            header.checkRequest();
            FrontendRequest request = FrontendRequest.of(header.request());
            byte[] payload = entry.payload();
            assertEquals(header.size(), payload.length);

            Message message = MessageCodec.decode(request, MemorySegment.ofArray(payload));
            assertEquals(entry.meaning(), request + " " + message);
            request.descriptors().check(request, message, entry.descriptors());
            assertArrayEquals(payload, encodedWithTail(message, payload), entry::meaning);
        }
    }

    /// The encoding of a message, followed by the unused rest of what was recorded.
    private static byte[] encodedWithTail(Message message, byte[] recorded) {
        MemorySegment wire = MemorySegment.ofArray(new byte[MessageHeader.MAX_PAYLOAD]);
        int size = MessageCodec.encode(message, wire);
        byte[] bytes = Arrays.copyOf(recorded, Math.max(size, recorded.length));
        MemorySegment.copy(wire, ValueLayout.JAVA_BYTE, 0, bytes, 0, size);
        return bytes;
    }
}

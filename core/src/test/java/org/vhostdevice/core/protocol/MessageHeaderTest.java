package org.vhostdevice.core.protocol;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.testkit.Seeded;

@ExtendWith(Seeded.class)
@DisplayName("vhost-user header")
class MessageHeaderTest {
    @RepeatedTest(100)
    void survivesTheWire(RandomGenerator random) {
        MemorySegment wire = MemorySegment.ofArray(new byte[MessageHeader.BYTES]);
        MessageHeader header = new MessageHeader(random.nextInt(), random.nextInt(), random.nextInt());
        header.write(wire);
        assertEquals(header, MessageHeader.read(wire));
    }

    @Test
    void replyHasExactlyTheFlagsThatFrontEndsCompare() {
        assertEquals(0x5, MessageHeader.reply(1, 8).flags());
    }

    @Test
    void requestAsksForAnAcknowledgementOnlyWhenTold() {
        assertEquals(0x1, MessageHeader.request(2, 8, false).flags());
        assertEquals(0x9, MessageHeader.request(2, 8, true).flags());
        assertTrue(MessageHeader.request(2, 8, true).needReply());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2, 3, 0x8, 0xa})
    void otherVersionEndsTheConnection(int flags) {
        assertFatal(new MessageHeader(1, flags, 0));
    }

    @Test
    void replyFlagInARequestEndsTheConnection() {
        assertFatal(new MessageHeader(1, 0x5, 0));
    }

    @ParameterizedTest
    @ValueSource(ints = {MessageHeader.MAX_PAYLOAD + 1, Integer.MAX_VALUE, Integer.MIN_VALUE, -1})
    void payloadBeyondTheLimitEndsTheConnection(int size) {
        assertFatal(new MessageHeader(1, 1, size));
        assertTrue(assertThrows(ProtocolException.class, () -> new MessageHeader(1, 5, size).checkReplyTo(1))
                .fatal());
    }

    @Test
    void longestPayloadAndUnknownIdArePassedOn() {
        assertDoesNotThrow(new MessageHeader(-1, 1, MessageHeader.MAX_PAYLOAD)::checkRequest);
    }

    @Test
    void onlyTheExactReplyIsTaken() throws Exception {
        new MessageHeader(7, 0x5, 8).checkReplyTo(7);
        for (MessageHeader other : new MessageHeader[] {
            new MessageHeader(8, 0x5, 8), new MessageHeader(7, 0x1, 8), new MessageHeader(7, 0xd, 8)
        }) {
            assertTrue(assertThrows(ProtocolException.class, () -> other.checkReplyTo(7))
                    .fatal());
        }
    }

    @Test
    void refusalIsNotFatal() {
        assertFalse(ProtocolException.refused("x").fatal());
    }

    private static void assertFatal(MessageHeader header) {
        assertTrue(assertThrows(ProtocolException.class, header::checkRequest).fatal());
    }
}

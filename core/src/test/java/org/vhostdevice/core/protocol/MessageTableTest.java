package org.vhostdevice.core.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("vhost-user message tables")
class MessageTableTest {
    @Test
    void frontEndMessagesHaveTheShapesOfTheText() throws IOException {
        List<String> ours = new ArrayList<>();
        for (FrontendRequest request : FrontendRequest.values()) {
            if (request != FrontendRequest.UNKNOWN) {
                ours.add(String.join(
                        " ",
                        "frontend " + request.id() + " " + request,
                        range(request.payload()),
                        rule(request.descriptors()),
                        request.hasOwnReply() ? range(request.reply()) : "ack",
                        "" + request.maxReplyDescriptors()));
            }
        }
        assertEquals(table("frontend"), ours);
    }

    @Test
    void backEndMessagesHaveTheShapesOfTheText() throws IOException {
        List<String> ours = new ArrayList<>();
        for (BackendRequest request : BackendRequest.values()) {
            if (request != BackendRequest.UNKNOWN) {
                ours.add(String.join(
                        " ",
                        "backend " + request.id() + " " + request,
                        range(request.payload()),
                        rule(request.descriptors()),
                        request.hasOwnReply() ? "8-8 1" : "ack 0"));
            }
        }
        assertEquals(table("backend"), ours);
    }

    @Test
    void requestsAreFoundByTheirIds() {
        for (FrontendRequest request : FrontendRequest.values()) {
            assertSame(request, FrontendRequest.of(request.id()));
        }
        for (BackendRequest request : BackendRequest.values()) {
            assertSame(request, BackendRequest.of(request.id()));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 46, 1000, Integer.MAX_VALUE, Integer.MIN_VALUE, -1})
    void otherIdsAreUnknown(int id) {
        assertSame(FrontendRequest.UNKNOWN, FrontendRequest.of(id));
        assertSame(BackendRequest.UNKNOWN, BackendRequest.of(id));
    }

    @Test
    void protocolFeaturesHaveTheBitsOfTheText() {
        assertEquals(24, ProtocolFeature.values().length);
        assertEquals(0xff_ffffL, ProtocolFeature.bits(ProtocolFeature.values()));
        assertEquals(3, ProtocolFeature.REPLY_ACK.bit());
        assertEquals(9, ProtocolFeature.CONFIG.bit());
        assertEquals(15, ProtocolFeature.CONFIGURE_MEM_SLOTS.bit());
        assertEquals(22, ProtocolFeature.SHMEM.bit());
    }

    private static String range(PayloadKind kind) {
        return kind.minBytes() + "-" + kind.maxBytes();
    }

    private static String rule(DescriptorRule rule) {
        return switch (rule) {
            case NONE -> "0";
            case ONE -> "1";
            case ONE_OR_NONE -> "0-1";
            case FLAG_DECIDES -> "bit8";
            case ONE_PER_REGION -> "table";
        };
    }

    private static List<String> table(String side) throws IOException {
        try (InputStream in = Objects.requireNonNull(MessageTableTest.class.getResourceAsStream("messages.txt"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .map(line -> line.replaceAll(" +", " "))
                    .filter(line -> line.startsWith(side + " "))
                    .toList();
        }
    }
}

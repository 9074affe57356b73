package org.vhostdevice.core.session;

import java.util.ArrayList;
import java.util.List;
import org.vhostdevice.core.protocol.Bytes;
import org.vhostdevice.core.protocol.FrontendRequest;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.ProtocolFeature;

/// Payloads that are often right and always well shaped.
final class FuzzMessages {
    private static final int MANY = 65;
    private final Choices choices;

    FuzzMessages(Choices choices) {
        this.choices = choices;
    }

    Message payload(FrontendRequest request) {
        return switch (request.payload()) {
            case EMPTY -> Message.EMPTY;
            case U64 -> new Message.U64(number(request));
            case VRING_STATE -> new Message.VringState(ring(), state(request));
            case VRING_ADDRESS -> address();
            case VRING_FILE -> new Message.VringFile(ring(), choices.oneIn(4));
            case MEMORY_TABLE -> table();
            case MEMORY_REGION -> region();
            case CONFIG ->
                new Message.Config(choices.of(0L, 4, 8, 255), choices.below(3), Bytes.zeroes(choices.below(9)));
            case LOG -> new Message.Log(choices.of(8L, 64, 4096, -1), choices.of(0L, 8, 4096, 7));
            case IOTLB -> new Message.Iotlb(0, 4096, 0, 3, 2);
            case INFLIGHT ->
                new Message.Inflight(
                        choices.of(4096L, 0, 1 << 16, -1),
                        choices.of(0L, 8, 3),
                        choices.below(4),
                        choices.of(16, 0, 256, MANY));
            case DEVICE_STATE -> new Message.DeviceState(choices.below(3), choices.below(2));
            case SHARED_OBJECT -> new Message.SharedObject(Bytes.zeroes(16));
            case OPAQUE, UNKNOWN -> new Message.Opaque(Bytes.zeroes(choices.below(40)));
            case SHMEM_CONFIG, SHMEM_MAPPING, VRING_AREA -> Message.EMPTY;
        };
    }

    private int ring() {
        return choices.of(0, 0, 0, 1, 1, 2, 255);
    }

    private long number(FrontendRequest request) {
        return switch (request) {
            case SET_FEATURES -> (1L << 32) | choices.of(1L << 30, 0) | (choices.bits() & 0x5_3400_0000L);
            case SET_PROTOCOL_FEATURES -> protocolFeatures();
            case SET_STATUS -> choices.of(0, 3, 7, 11, 15, 15, 128, 256);
            default -> choices.next();
        };
    }

    private long protocolFeatures() {
        long usual = ProtocolFeature.bits(
                ProtocolFeature.MQ,
                ProtocolFeature.REPLY_ACK,
                ProtocolFeature.BACKEND_REQ,
                ProtocolFeature.CONFIG,
                ProtocolFeature.CONFIGURE_MEM_SLOTS,
                ProtocolFeature.STATUS,
                ProtocolFeature.RESET_DEVICE);
        return usual ^ (choices.next() | (long) choices.next() << 8 | (long) choices.next() << 16);
    }

    private int state(FrontendRequest request) {
        return switch (request) {
            case SET_VRING_NUM -> choices.of(16, 16, 1, 256, 3, 0, -1);
            case SET_VRING_BASE -> choices.of(0, 0, 1, 0xffff, 0x8000, 0x80008000, -1);
            case SET_VRING_ENABLE -> choices.of(1, 1, 0, 2);
            default -> 0;
        };
    }

    private Message.VringAddress address() {
        long base =
                choices.of(FuzzMemory.FRONT_END, FuzzMemory.FRONT_END, FuzzMemory.GUEST, FuzzMemory.FRONT_END + 8, -1);
        return FuzzMemory.ring(ring(), choices.below(2), base, choices.of(0L, FuzzMemory.GUEST, -1));
    }

    private Message.MemoryRegion region() {
        if (!choices.oneIn(3)) {
            return FuzzMemory.region();
        }
        long size = choices.of(1L, 4096, FuzzMemory.SIZE, 1 << 20);
        return new Message.MemoryRegion(
                choices.of(FuzzMemory.GUEST, 0, FuzzMemory.GUEST + FuzzMemory.SIZE, Long.MAX_VALUE),
                size,
                choices.of(FuzzMemory.FRONT_END, 0, 1L << 40),
                choices.of(0L, 4096, 1, 1L << 50));
    }

    private Message.MemoryTable table() {
        List<Message.MemoryRegion> regions = new ArrayList<>(List.of(FuzzMemory.region()));
        for (int i = choices.below(8); i >= 6; i--) {
            regions.add(region());
        }
        return new Message.MemoryTable(regions);
    }
}

package org.vhostdevice.core.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.vhostdevice.core.protocol.Bytes;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.MessageHeader;
import org.vhostdevice.core.protocol.PayloadKind;

/// Makes legal payloads of every shape, extreme values more often than chance would.
public final class RandomMessages {
    private static final long[] EXTREMES = {0, 1, -1, Long.MAX_VALUE, Long.MIN_VALUE, 0xffff_ffffL, 1L << 32};

    private final RandomGenerator random;

    /// A source of payloads.
    ///
    /// @param random where the values come from
    public RandomMessages(RandomGenerator random) {
        this.random = random;
    }

    /// Makes a payload.
    ///
    /// @param kind its shape
    /// @return a payload that the codec must carry unchanged
    public Message next(PayloadKind kind) {
        return switch (kind) {
            case EMPTY -> Message.EMPTY;
            case U64 -> new Message.U64(number());
            case VRING_STATE -> new Message.VringState(u16(), random.nextInt());
            case VRING_ADDRESS ->
                new Message.VringAddress(u16(), random.nextInt(), number(), number(), number(), number());
            case VRING_FILE -> new Message.VringFile(random.nextInt(256), random.nextBoolean());
            case MEMORY_TABLE -> table();
            case MEMORY_REGION -> region();
            case CONFIG -> new Message.Config(number() & 0xffff_ffffL, random.nextInt(), bytes(random.nextInt(257)));
            case LOG -> new Message.Log(number(), number());
            case IOTLB -> new Message.Iotlb(number(), number(), number(), random.nextInt(256), random.nextInt(256));
            case INFLIGHT -> new Message.Inflight(number(), number(), u16(), u16());
            case DEVICE_STATE -> new Message.DeviceState(random.nextInt(), random.nextInt());
            case SHARED_OBJECT -> new Message.SharedObject(bytes(16));
            case SHMEM_CONFIG -> shmemConfig();
            case SHMEM_MAPPING -> new Message.ShmemMapping(random.nextInt(256), number(), number(), number(), number());
            case VRING_AREA -> new Message.VringArea(number(), number(), number());
            case OPAQUE -> new Message.Opaque(bytes(random.nextInt(MessageHeader.MAX_PAYLOAD + 1)));
            case UNKNOWN -> new Message.Unknown();
        };
    }

    private Message table() {
        List<Message.MemoryRegion> regions = new ArrayList<>();
        int count = random.nextInt(Message.MemoryTable.MAX_REGIONS + 1);
        for (int i = 0; i < count; i++) {
            regions.add(region());
        }
        return new Message.MemoryTable(regions);
    }

    private Message.MemoryRegion region() {
        long size = random.nextLong(1, 1L << 62);
        return new Message.MemoryRegion(start(size), size, start(size), start(size));
    }

    /// A start from which `size` bytes end at 2^64 at the latest.
    private long start(long size) {
        return random.nextInt(4) == 0 ? -size : number() & (1L << 62) - 1;
    }

    private Message shmemConfig() {
        List<Long> sizes = new ArrayList<>();
        for (int i = 0; i < Message.ShmemConfig.MAX_REGIONS; i++) {
            sizes.add(number());
        }
        return new Message.ShmemConfig(random.nextInt(Message.ShmemConfig.MAX_REGIONS + 1), sizes);
    }

    private long number() {
        return random.nextInt(4) == 0 ? EXTREMES[random.nextInt(EXTREMES.length)] : random.nextLong();
    }

    private int u16() {
        return random.nextInt(1 << 16);
    }

    private Bytes bytes(int length) {
        byte[] content = new byte[length];
        random.nextBytes(content);
        return Bytes.of(content);
    }
}

package org.vhostdevice.core.protocol;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/// Payloads to records and back, in host byte order, for both directions of both sockets.
///
/// Decoding is total: any bytes give a record or a [ProtocolException], and the record never refers to the bytes.
/// Encoding allocates nothing.
public final class MessageCodec {
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;

    private static final int TABLE_HEADER = 8;
    private static final int REGION_BYTES = 32;
    private static final int REGION_PADDING = 8;
    private static final int CONFIG_HEADER = 12;
    private static final int SHMEM_HEADER = 8;
    private static final int MAX_INDEX = 0xffff;
    private static final int FILE_INDEX_MASK = 0xff;
    private static final int FILE_NONE = 1 << 8;

    private MessageCodec() {}

    /// Decodes the payload of a request of a front end.
    ///
    /// @param request the header's request
    /// @param payload exactly the payload, in memory that nobody changes meanwhile
    /// @return the payload as a record of the shape [FrontendRequest#payload()]
    /// @throws ProtocolException not fatal, when the payload does not have that shape
    public static Message decode(FrontendRequest request, MemorySegment payload) throws ProtocolException {
        return decode(request, request.payload(), payload);
    }

    /// Decodes the payload of a request of a back end.
    ///
    /// @param request the header's request
    /// @param payload exactly the payload, in memory that nobody changes meanwhile
    /// @return the payload as a record of the shape [BackendRequest#payload()]
    /// @throws ProtocolException not fatal, when the payload does not have that shape
    public static Message decode(BackendRequest request, MemorySegment payload) throws ProtocolException {
        return decode(request, request.payload(), payload);
    }

    /// Decodes the payload of a reply to a front end.
    ///
    /// A GET_CONFIG reply without payload, by which back ends report an error, is refused with that reason.
    ///
    /// @param request the request that is answered
    /// @param payload exactly the payload
    /// @return the payload as a record of the shape [FrontendRequest#reply()]
    /// @throws ProtocolException not fatal, when the payload does not have that shape
    public static Message decodeReply(FrontendRequest request, MemorySegment payload) throws ProtocolException {
        if (request == FrontendRequest.GET_CONFIG && payload.byteSize() == 0) {
            throw ProtocolException.refused("the back end refuses GET_CONFIG (reply without payload)");
        }
        return decode(request, request.reply(), payload);
    }

    /// Decodes the payload of a reply to a back end.
    ///
    /// @param request the request that is answered
    /// @param payload exactly the payload
    /// @return a number ([Message#ACK] is success)
    /// @throws ProtocolException not fatal, when the payload is not a number
    public static Message decodeReply(BackendRequest request, MemorySegment payload) throws ProtocolException {
        return decode(request, PayloadKind.U64, payload);
    }

    private static Message decode(Enum<?> request, PayloadKind kind, MemorySegment payload) throws ProtocolException {
        long size = payload.byteSize();
        if (size < kind.minBytes() || size > kind.maxBytes()) {
            throw ProtocolException.refused(request + " with a payload of " + size + " bytes");
        }
        return switch (kind) {
            case EMPTY -> Message.EMPTY;
            case U64 -> new Message.U64(payload.get(U64, 0));
            case VRING_STATE -> new Message.VringState(index(payload), payload.get(U32, 4));
            case VRING_ADDRESS -> vringAddress(payload);
            case VRING_FILE -> vringFile(payload.get(U64, 0));
            case MEMORY_TABLE -> memoryTable(payload);
            case MEMORY_REGION -> memoryRegion(payload, REGION_PADDING);
            case CONFIG -> config(payload);
            case LOG -> new Message.Log(payload.get(U64, 0), payload.get(U64, 8));
            case IOTLB -> iotlb(payload);
            case INFLIGHT -> inflight(payload);
            case DEVICE_STATE -> new Message.DeviceState(payload.get(U32, 0), payload.get(U32, 4));
            case SHARED_OBJECT -> new Message.SharedObject(Bytes.of(payload));
            case SHMEM_CONFIG -> shmemConfig(payload);
            case SHMEM_MAPPING -> shmemMapping(payload);
            case VRING_AREA -> new Message.VringArea(payload.get(U64, 0), payload.get(U64, 8), payload.get(U64, 16));
            case OPAQUE -> new Message.Opaque(Bytes.of(payload));
            case UNKNOWN -> new Message.Unknown();
        };
    }

    private static int index(MemorySegment payload) throws ProtocolException {
        int index = payload.get(U32, 0);
        if (index < 0 || index > MAX_INDEX) {
            throw ProtocolException.refused("ring index " + Integer.toUnsignedString(index));
        }
        return index;
    }

    private static Message vringAddress(MemorySegment payload) throws ProtocolException {
        return new Message.VringAddress(
                index(payload),
                payload.get(U32, 4),
                payload.get(U64, 8),
                payload.get(U64, 16),
                payload.get(U64, 24),
                payload.get(U64, 32));
    }

    private static Message vringFile(long value) {
        return new Message.VringFile((int) value & FILE_INDEX_MASK, (value & FILE_NONE) != 0);
    }

    private static Message memoryTable(MemorySegment payload) throws ProtocolException {
        int count = payload.get(U32, 0);
        if (count < 0 || count > Message.MemoryTable.MAX_REGIONS) {
            throw ProtocolException.refused(Integer.toUnsignedString(count) + " regions in a memory table");
        }
        if (payload.byteSize() < TABLE_HEADER + (long) count * REGION_BYTES) {
            throw ProtocolException.refused(count + " regions in a memory table of " + payload.byteSize() + " bytes");
        }
        List<Message.MemoryRegion> regions = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            regions.add(memoryRegion(payload, TABLE_HEADER + i * REGION_BYTES));
        }
        return new Message.MemoryTable(regions);
    }

    private static Message.MemoryRegion memoryRegion(MemorySegment payload, int at) throws ProtocolException {
        Message.MemoryRegion region = new Message.MemoryRegion(
                payload.get(U64, at), payload.get(U64, at + 8), payload.get(U64, at + 16), payload.get(U64, at + 24));
        if (wraps(region.guestAddress(), region.size())
                || wraps(region.frontendAddress(), region.size())
                || wraps(region.mmapOffset(), region.size())) {
            throw ProtocolException.refused("memory region of " + Long.toUnsignedString(region.size()) + " bytes");
        }
        return region;
    }

    /// Whether a range is empty or its last byte lies beyond 2^64-1.
    private static boolean wraps(long start, long size) {
        return size == 0 || Long.compareUnsigned(start + (size - 1), start) < 0;
    }

    private static Message config(MemorySegment payload) throws ProtocolException {
        int size = payload.get(U32, 4);
        if (size < 0 || size > Message.Config.MAX_BYTES || CONFIG_HEADER + size != payload.byteSize()) {
            throw ProtocolException.refused(Integer.toUnsignedString(size)
                    + " bytes of configuration space in a payload of " + payload.byteSize());
        }
        long offset = Integer.toUnsignedLong(payload.get(U32, 0));
        return new Message.Config(offset, payload.get(U32, 8), Bytes.of(payload.asSlice(CONFIG_HEADER)));
    }

    private static Message iotlb(MemorySegment payload) {
        return new Message.Iotlb(
                payload.get(U64, 0),
                payload.get(U64, 8),
                payload.get(U64, 16),
                Byte.toUnsignedInt(payload.get(U8, 24)),
                Byte.toUnsignedInt(payload.get(U8, 25)));
    }

    private static Message inflight(MemorySegment payload) {
        return new Message.Inflight(
                payload.get(U64, 0),
                payload.get(U64, 8),
                Short.toUnsignedInt(payload.get(U16, 16)),
                Short.toUnsignedInt(payload.get(U16, 18)));
    }

    private static Message shmemConfig(MemorySegment payload) throws ProtocolException {
        int regions = payload.get(U32, 0);
        if (regions < 0 || regions > Message.ShmemConfig.MAX_REGIONS) {
            throw ProtocolException.refused(Integer.toUnsignedString(regions) + " shared memory regions");
        }
        List<Long> sizes = new ArrayList<>(Message.ShmemConfig.MAX_REGIONS);
        for (int i = 0; i < Message.ShmemConfig.MAX_REGIONS; i++) {
            sizes.add(payload.get(U64, SHMEM_HEADER + 8L * i));
        }
        return new Message.ShmemConfig(regions, sizes);
    }

    private static Message shmemMapping(MemorySegment payload) {
        return new Message.ShmemMapping(
                Byte.toUnsignedInt(payload.get(U8, 0)),
                payload.get(U64, 8),
                payload.get(U64, 16),
                payload.get(U64, 24),
                payload.get(U64, 32));
    }

    /// Writes a payload.
    ///
    /// @param message a request's payload, or a reply's
    /// @param into    at least [MessageHeader#MAX_PAYLOAD] bytes; padding is written as zeroes
    /// @return bytes written
    public static int encode(Message message, MemorySegment into) {
        return switch (message) {
            case Message.Empty empty -> 0;
            case Message.Unknown unknown -> 0;
            case Message.U64 number -> words(into, 0, number.value());
            case Message.VringState state -> halves(into, 0, state.index(), state.value());
            case Message.VringAddress address -> encode(address, into);
            case Message.VringFile file ->
                words(into, 0, file.withoutDescriptor() ? file.index() | FILE_NONE : file.index());
            case Message.MemoryTable table -> encode(table, into);
            case Message.MemoryRegion region -> encode(region, into, words(into, 0, 0));
            case Message.Config config -> encode(config, into);
            case Message.Log log -> words(into, words(into, 0, log.size()), log.offset());
            case Message.Iotlb iotlb -> encode(iotlb, into);
            case Message.Inflight inflight -> encode(inflight, into);
            case Message.DeviceState state -> halves(into, 0, state.direction(), state.phase());
            case Message.SharedObject object -> encode(object.uuid(), into, 0);
            case Message.ShmemConfig config -> encode(config, into);
            case Message.ShmemMapping mapping -> encode(mapping, into);
            case Message.VringArea area ->
                words(into, words(into, words(into, 0, area.vring()), area.size()), area.offset());
            case Message.Opaque opaque -> encode(opaque.bytes(), into, 0);
        };
    }

    /// Writes one 64-bit number and tells where the next field stands.
    private static int words(MemorySegment into, int at, long value) {
        into.set(U64, at, value);
        return at + Long.BYTES;
    }

    /// Writes two 32-bit numbers and tells where the next field stands.
    private static int halves(MemorySegment into, int at, int first, int second) {
        into.set(U32, at, first);
        into.set(U32, at + 4, second);
        return at + Long.BYTES;
    }

    private static int encode(Message.VringAddress address, MemorySegment into) {
        int at = halves(into, 0, address.index(), address.flags());
        at = words(into, at, address.descriptors());
        at = words(into, at, address.used());
        at = words(into, at, address.available());
        return words(into, at, address.log());
    }

    private static int encode(Message.MemoryTable table, MemorySegment into) {
        List<Message.MemoryRegion> regions = table.regions();
        int at = halves(into, 0, regions.size(), 0);
        for (int i = 0; i < regions.size(); i++) {
            at = encode(regions.get(i), into, at);
        }
        return at;
    }

    private static int encode(Message.MemoryRegion region, MemorySegment into, int start) {
        int at = words(into, start, region.guestAddress());
        at = words(into, at, region.size());
        at = words(into, at, region.frontendAddress());
        return words(into, at, region.mmapOffset());
    }

    private static int encode(Message.Config config, MemorySegment into) {
        int at = halves(into, 0, (int) config.offset(), config.bytes().length());
        into.set(U32, at, config.flags());
        return encode(config.bytes(), into, CONFIG_HEADER);
    }

    private static int encode(Bytes bytes, MemorySegment into, int at) {
        bytes.copyTo(into, at);
        return at + bytes.length();
    }

    private static int encode(Message.Iotlb iotlb, MemorySegment into) {
        int at = words(into, 0, iotlb.iova());
        at = words(into, at, iotlb.size());
        at = words(into, at, iotlb.userAddress());
        int end = words(into, at, 0);
        into.set(U8, at, (byte) iotlb.permission());
        into.set(U8, at + 1, (byte) iotlb.type());
        return end;
    }

    private static int encode(Message.Inflight inflight, MemorySegment into) {
        int at = words(into, 0, inflight.mmapSize());
        at = words(into, at, inflight.mmapOffset());
        int end = words(into, at, 0);
        into.set(U16, at, (short) inflight.queues());
        into.set(U16, at + 2, (short) inflight.queueSize());
        return end;
    }

    private static int encode(Message.ShmemConfig config, MemorySegment into) {
        int at = halves(into, 0, config.regions(), 0);
        for (int i = 0; i < Message.ShmemConfig.MAX_REGIONS; i++) {
            at = words(into, at, i < config.sizes().size() ? config.sizes().get(i) : 0);
        }
        return at;
    }

    private static int encode(Message.ShmemMapping mapping, MemorySegment into) {
        int at = words(into, 0, 0);
        into.set(U8, 0, (byte) mapping.id());
        at = words(into, at, mapping.fileOffset());
        at = words(into, at, mapping.shmemOffset());
        at = words(into, at, mapping.length());
        return words(into, at, mapping.flags());
    }
}

package org.vhostdevice.core.protocol;

import java.util.List;

/// The payload of a vhost-user message, one record for each shape ([PayloadKind]).
///
/// A record holds what was sent: shapes are checked ([MessageCodec]), meanings are not. Addresses, sizes and feature
/// sets are unsigned 64-bit numbers. All records are immutable copies.
public sealed interface Message {

    /// No payload.
    Message EMPTY = new Empty();

    /// Success as an acknowledgement.
    Message ACK = new U64(0);

    /// Failure as an acknowledgement.
    Message NACK = new U64(1);

    /// {@return the shape of this payload}
    PayloadKind kind();

    /// No payload.
    record Empty() implements Message {
        @Override
        public PayloadKind kind() {
            return PayloadKind.EMPTY;
        }
    }

    /// One number: a feature set, a count, a status, an acknowledgement.
    ///
    /// @param value all 64 bits
    record U64(long value) implements Message {
        @Override
        public PayloadKind kind() {
            return PayloadKind.U64;
        }
    }

    /// A number that belongs to a ring: its size, its base, whether it is enabled.
    ///
    /// @param index ring, `0..65535`
    /// @param value all 32 bits
    record VringState(int index, int value) implements Message {
        @Override
        public PayloadKind kind() {
            return PayloadKind.VRING_STATE;
        }
    }

    /// Where the parts of a ring are, in addresses of the front end.
    ///
    /// @param index       ring, `0..65535`
    /// @param flags       bit 0: used-ring writes are logged
    /// @param descriptors address of the descriptor table
    /// @param used        address of the used ring
    /// @param available   address of the available ring
    /// @param log         guest address under which used-ring writes are logged; anything when they are not
    record VringAddress(int index, int flags, long descriptors, long used, long available, long log)
            implements Message {
        @Override
        public PayloadKind kind() {
            return PayloadKind.VRING_ADDRESS;
        }
    }

    /// A ring whose kick, call or error descriptor is set.
    ///
    /// @param index             ring, `0..255`
    /// @param withoutDescriptor whether no descriptor comes along
    record VringFile(int index, boolean withoutDescriptor) implements Message {
        @Override
        public PayloadKind kind() {
            return PayloadKind.VRING_FILE;
        }
    }

    /// One region of guest memory, the payload of ADD_MEM_REG and REM_MEM_REG.
    ///
    /// @param guestAddress    guest-physical address of its first byte
    /// @param size            bytes; not 0, and neither address range wraps
    /// @param frontendAddress address of its first byte in the front end
    /// @param mmapOffset      where it starts in the file that is passed along
    record MemoryRegion(long guestAddress, long size, long frontendAddress, long mmapOffset) implements Message {
        @Override
        public PayloadKind kind() {
            return PayloadKind.MEMORY_REGION;
        }
    }

    /// All guest memory; region `i` belongs to descriptor `i`.
    ///
    /// @param regions at most 8
    record MemoryTable(List<MemoryRegion> regions) implements Message {
        /// The most regions that a table holds.
        public static final int MAX_REGIONS = 8;

        /// Checks and copies the list.
        public MemoryTable {
            regions = List.copyOf(regions);
            if (regions.size() > MAX_REGIONS) {
                throw new IllegalArgumentException(regions.size() + " regions in a memory table");
            }
        }

        @Override
        public PayloadKind kind() {
            return PayloadKind.MEMORY_TABLE;
        }
    }

    /// A part of the configuration space.
    ///
    /// @param offset first byte, `0..2^32-1`
    /// @param flags  0 write by the driver, 1 write for migration
    /// @param bytes  at most 256: the content, or zeroes of the same length where it is asked for
    record Config(long offset, int flags, Bytes bytes) implements Message {
        /// The most bytes that a message may read or write.
        public static final int MAX_BYTES = 256;

        /// Checks the range.
        public Config {
            if (offset < 0 || offset > 0xffff_ffffL || bytes.length() > MAX_BYTES) {
                throw new IllegalArgumentException(bytes.length() + " bytes of configuration space at " + offset);
            }
        }

        @Override
        public PayloadKind kind() {
            return PayloadKind.CONFIG;
        }
    }

    /// The shared memory that logs dirty pages.
    ///
    /// @param size   bytes
    /// @param offset where it starts in the file that is passed along
    record Log(long size, long offset) implements Message {
        @Override
        public PayloadKind kind() {
            return PayloadKind.LOG;
        }
    }

    /// An address translation, or the lack of one.
    ///
    /// @param iova        I/O virtual address
    /// @param size        bytes
    /// @param userAddress address in the front end
    /// @param permission  bit 0 read, bit 1 write
    /// @param type        1 miss, 2 update, 3 invalidate, 4 access failed
    record Iotlb(long iova, long size, long userAddress, int permission, int type) implements Message {
        @Override
        public PayloadKind kind() {
            return PayloadKind.IOTLB;
        }
    }

    /// The shared memory that records requests in flight.
    ///
    /// @param mmapSize   bytes
    /// @param mmapOffset where it starts in its file
    /// @param queues     number of queues, `0..65535`
    /// @param queueSize  descriptors of each queue, `0..65535`
    record Inflight(long mmapSize, long mmapOffset, int queues, int queueSize) implements Message {
        @Override
        public PayloadKind kind() {
            return PayloadKind.INFLIGHT;
        }
    }

    /// A transfer of the device's state.
    ///
    /// @param direction 0 save, 1 load
    /// @param phase     0 stopped
    record DeviceState(int direction, int phase) implements Message {
        @Override
        public PayloadKind kind() {
            return PayloadKind.DEVICE_STATE;
        }
    }

    /// A shared object.
    ///
    /// @param uuid its 16 bytes in the order of the wire
    record SharedObject(Bytes uuid) implements Message {
        /// Checks the length.
        public SharedObject {
            if (uuid.length() != 16) {
                throw new IllegalArgumentException("a UUID of " + uuid.length() + " bytes");
            }
        }

        @Override
        public PayloadKind kind() {
            return PayloadKind.SHARED_OBJECT;
        }
    }

    /// The device's shared memory regions.
    ///
    /// @param regions how many there are
    /// @param sizes   bytes of the region with that id, 0 where there is none; at most 256, missing ones are 0
    record ShmemConfig(int regions, List<Long> sizes) implements Message {
        /// The number of ids.
        public static final int MAX_REGIONS = 256;

        /// Checks and copies the list.
        public ShmemConfig {
            sizes = List.copyOf(sizes);
            if (sizes.size() > MAX_REGIONS || regions < 0 || regions > MAX_REGIONS) {
                throw new IllegalArgumentException(regions + " regions, " + sizes.size() + " sizes");
            }
        }

        @Override
        public PayloadKind kind() {
            return PayloadKind.SHMEM_CONFIG;
        }
    }

    /// A mapping inside a shared memory region.
    ///
    /// @param id          shared memory region, `0..255`
    /// @param fileOffset  where it starts in the file
    /// @param shmemOffset where it starts in the region
    /// @param length      bytes
    /// @param flags       bit 0 writable
    record ShmemMapping(int id, long fileOffset, long shmemOffset, long length, long flags) implements Message {
        @Override
        public PayloadKind kind() {
            return PayloadKind.SHMEM_MAPPING;
        }
    }

    /// A doorbell page of a ring.
    ///
    /// @param vring  bits 0-7 ring, bit 8 no descriptor comes along
    /// @param size   bytes
    /// @param offset where it starts in its file
    record VringArea(long vring, long size, long offset) implements Message {
        @Override
        public PayloadKind kind() {
            return PayloadKind.VRING_AREA;
        }
    }

    /// Bytes that are not interpreted here.
    ///
    /// @param bytes at most [MessageHeader#MAX_PAYLOAD]
    record Opaque(Bytes bytes) implements Message {
        @Override
        public PayloadKind kind() {
            return PayloadKind.OPAQUE;
        }
    }

    /// The dropped payload of a message with an unknown id.
    record Unknown() implements Message {
        @Override
        public PayloadKind kind() {
            return PayloadKind.UNKNOWN;
        }
    }
}

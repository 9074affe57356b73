package org.vhostdevice.blk.queue;

/// A request as the driver made it, before any check against the medium (VIRTIO 1.4, 5.2.6).
///
/// Transfers are objects of the parser that it uses again: one is valid until the next chain is parsed.
sealed interface BlkRequest {
    /// A request that moves sectors.
    abstract sealed class Move implements BlkRequest {
        private long sector;
        private long bytes;

        final void set(long newSector, long newBytes) {
            sector = newSector;
            bytes = newBytes;
        }

        /// The first sector, in units of 512 bytes whatever the block size; any 64 bits.
        final long sector() {
            return sector;
        }

        /// The length of the data, 0 to 2^32 - 1; any number.
        final long bytes() {
            return bytes;
        }
    }

    /// Read sectors: `VIRTIO_BLK_T_IN`. The data are the writable bytes before the status.
    final class In extends Move {}

    /// Write sectors: `VIRTIO_BLK_T_OUT`. The data are the readable bytes after the header.
    final class Out extends Move {}

    /// Give up or zero sectors: `VIRTIO_BLK_T_DISCARD`, `VIRTIO_BLK_T_WRITE_ZEROES`.
    ///
    /// @param zeroes whether they are to read as zeros afterwards
    /// @param ranges which, 1 to [Disk#MAX_RANGES]
    @SuppressWarnings("ArrayRecordComponent") // made for one request and never changed
    record Ranges(boolean zeroes, Range[] ranges) implements BlkRequest {}

    /// Sectors, as `struct virtio_blk_discard_write_zeroes` names them.
    ///
    /// @param sector the first one; any 64 bits
    /// @param sectors how many, 0 to 2^32 - 1
    /// @param flags any 32 bits
    record Range(long sector, long sectors, int flags) {
        /// The room may be given up; the only flag there is, of requests that zero.
        static final int UNMAP = 1;
    }

    /// A request without a sector.
    enum Plain implements BlkRequest {
        /// Make completed writes durable: `VIRTIO_BLK_T_FLUSH`.
        FLUSH,
        /// Tell the serial number: `VIRTIO_BLK_T_GET_ID`.
        GET_ID,
        /// A type that this device does not have.
        UNSUPPORTED,
        /// No request at all: the header is incomplete, there is no room for the status, or the ranges are cut.
        MALFORMED
    }
}

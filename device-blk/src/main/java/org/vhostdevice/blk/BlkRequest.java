package org.vhostdevice.blk;

/// A request as the driver made it, before any check against the medium (VIRTIO 1.4, 5.2.6).
///
/// Transfers are objects of the parser that it uses again: one is valid until the next chain is parsed.
sealed interface BlkRequest {
    /// A request that moves sectors.
    abstract sealed class Transfer implements BlkRequest {
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
    final class In extends Transfer {}

    /// Write sectors: `VIRTIO_BLK_T_OUT`. The data are the readable bytes after the header.
    final class Out extends Transfer {}

    /// A request without a sector.
    enum Plain implements BlkRequest {
        /// Make completed writes durable: `VIRTIO_BLK_T_FLUSH`.
        FLUSH,
        /// Tell the serial number: `VIRTIO_BLK_T_GET_ID`.
        GET_ID,
        /// A type that this device does not have.
        UNSUPPORTED,
        /// No request at all: the header is incomplete, or there is no room for the status.
        MALFORMED
    }
}

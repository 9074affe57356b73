package org.vhostdevice.blk.backend;

import java.io.IOException;
import org.vhostdevice.core.virtqueue.GuestBuffers;

/// The medium of a block device as one queue uses it: an array of bytes that is read, written and made durable.
///
/// Used by the queue's worker only; the backends of several queues may share one medium. Transfers are all or an
/// exception: a backend goes on after short ones. A failed transfer may have moved some of its bytes.
public interface BlockBackend {
    /// {@return the bytes in the medium, a multiple of 512; constant}
    long size();

    /// {@return whether the medium cannot be written; constant}
    boolean readOnly();

    /// Copies bytes from the medium to the guest.
    ///
    /// @param offset of the first byte in the medium
    /// @param into the guest's buffers, filled from their first byte
    /// @param bytes how many; `offset + bytes` is at most [#size], `bytes` at most the buffers' length
    /// @throws IOException if not all could be read
    void read(long offset, GuestBuffers into, long bytes) throws IOException;

    /// Copies bytes from the guest to the medium. They are durable after the next [#flush].
    ///
    /// @param offset of the first byte in the medium
    /// @param from the guest's buffers
    /// @param position of the first byte in the buffers
    /// @param bytes how many; `offset + bytes` is at most [#size]
    /// @throws IOException if not all could be written
    void write(long offset, GuestBuffers from, long position, long bytes) throws IOException;

    /// Makes durable what any queue has written before this call.
    ///
    /// @throws IOException if that is not certain; no later flush of the medium succeeds then
    void flush() throws IOException;
}

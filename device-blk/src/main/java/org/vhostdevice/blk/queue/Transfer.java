package org.vhostdevice.blk.queue;

import java.io.IOException;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.blk.storage.Storage;
import org.vhostdevice.core.device.HandedOver;
import org.vhostdevice.core.virtqueue.DescriptorChain;
import org.vhostdevice.core.virtqueue.GuestBuffers;

/// A request that was checked, on its way to the storage and back.
///
/// Objects are used again. One belongs to the queue's worker but while [#run] is called, which any thread may do.
final class Transfer extends HandedOver<Transfer> {
    /// What is to be done.
    enum Kind {
        READ,
        WRITE,
        FLUSH,
        /// Write bytes that were all zeros.
        ZEROES,
        /// Discard or zero ranges.
        RANGES
    }

    private final int number;
    private final Storage storage;

    private Kind kind = Kind.FLUSH;
    private @Nullable DescriptorChain chain;
    private @Nullable GuestBuffers buffers;
    private long offset;
    private long position;
    private long bytes;
    private long done;
    private boolean durable;
    private BlkRequest.@Nullable Ranges ranges;
    private boolean mayUnmap;
    private @Nullable IOException failure;

    /// Where a located transfer lies in its file, and what [org.vhostdevice.blk.storage.DirectStorage#leave] takes.
    long place;

    int use;

    /// Its entries in the array for the kernel.
    int firstVector;

    int vectors;

    /// @param number by which it is found again
    /// @param giveBack told by [#run] that it is done; any thread
    Transfer(int number, Storage storage, Consumer<Transfer> giveBack) {
        super(giveBack);
        this.number = number;
        this.storage = storage;
    }

    int number() {
        return number;
    }

    /// Begins to read or write.
    ///
    /// @param atOffset of the first byte in the storage
    /// @param howMany bytes, more than 0
    /// @param durably whether what is written must be durable when it is done
    void move(DescriptorChain of, boolean write, long atOffset, long howMany, boolean durably) {
        begin(of, write ? Kind.WRITE : Kind.READ);
        buffers = write ? of.readable() : of.writable();
        position = write ? BlkRequestParser.HEADER_BYTES : 0;
        offset = atOffset;
        bytes = howMany;
        durable = durably;
    }

    /// Begins to write zeros.
    ///
    /// @param unmap whether the sectors may lose their room
    void zeroes(DescriptorChain of, long atOffset, long howMany, boolean unmap, boolean durably) {
        begin(of, Kind.ZEROES);
        offset = atOffset;
        bytes = howMany;
        mayUnmap = unmap;
        durable = durably;
    }

    /// Begins to flush.
    void flush(DescriptorChain of) {
        begin(of, Kind.FLUSH);
    }

    /// Begins to discard or to zero.
    ///
    /// @param unmap whether zeroed sectors may lose their room
    void ranges(DescriptorChain of, BlkRequest.Ranges which, boolean unmap, boolean durably) {
        begin(of, Kind.RANGES);
        ranges = which;
        mayUnmap = unmap;
        durable = durably;
    }

    private void begin(DescriptorChain of, Kind what) {
        chain = of;
        kind = what;
        done = 0;
        bytes = 0;
        failure = null;
        begin();
        ranges = null;
    }

    Kind kind() {
        return kind;
    }

    DescriptorChain chain() {
        return Objects.requireNonNull(chain);
    }

    GuestBuffers buffers() {
        return Objects.requireNonNull(buffers);
    }

    long offset() {
        return offset;
    }

    long position() {
        return position;
    }

    long bytes() {
        return bytes;
    }

    /// Whether it moves bytes and does nothing else.
    boolean isPlain() {
        return kind == Kind.READ || (kind == Kind.WRITE && !durable);
    }

    /// The first bytes have been moved; the rest is left to [#run].
    void moved(long howMany) {
        done += howMany;
    }

    /// Why it failed; null if it did not.
    @Nullable
    IOException failure() {
        return failure;
    }

    void fail(IOException e) {
        failure = e;
    }

    @Override
    protected Transfer self() {
        return this;
    }

    /// Does what is left of it, and waits for that.
    @Override
    protected void perform() {
        failure = null;
        try {
            switch (kind) {
                case READ -> storage.read(offset + done, buffers(), position + done, bytes - done);
                case WRITE -> storage.write(offset + done, buffers(), position + done, bytes - done);
                case ZEROES -> storage.writeZeroes(offset, bytes, mayUnmap);
                case FLUSH -> storage.flush();
                case RANGES -> performRanges(Objects.requireNonNull(ranges));
            }
            if (durable && kind != Kind.READ && kind != Kind.FLUSH) {
                storage.flush();
            }
        } catch (IOException e) {
            failure = e;
        }
    }

    private void performRanges(BlkRequest.Ranges all) throws IOException {
        for (BlkRequest.Range range : all.ranges()) {
            long from = range.sector() * Disk.SECTOR_BYTES;
            long length = range.sectors() * Disk.SECTOR_BYTES;
            if (all.zeroes()) {
                boolean unmap = mayUnmap && (range.flags() & BlkRequest.Range.UNMAP) != 0;
                storage.writeZeroes(from, length, unmap);
            } else {
                storage.discard(from, length);
            }
        }
    }
}

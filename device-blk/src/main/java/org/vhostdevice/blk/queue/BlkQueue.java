package org.vhostdevice.blk.queue;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.blk.queue.TransferEngine.Client;
import org.vhostdevice.blk.storage.DirectStorage;
import org.vhostdevice.blk.storage.Storage;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.virtqueue.DescriptorChain;
import org.vhostdevice.core.virtqueue.GuestBuffers;

/// Serves the requests of one queue (VIRTIO 1.4, 5.2.6.2): checks them against the medium, has them done, reports the
/// status. Requests are under way at the same time and done in any order.
///
/// The length reported for a chain counts the bytes written from the start of its writable part without a gap
/// (2.7.8.2). The status lies behind the data, so it counts only if all bytes before it were written: a failed read
/// reports 0.
public final class BlkQueue implements QueueHandler, Client {
    /// Bytes in the answer to `VIRTIO_BLK_T_GET_ID`.
    public static final int ID_BYTES = 20;

    /// How often writes are tried again that wait for room on the host.
    private static final long ROOM_NANOS = 1_000_000_000;

    private static final Logger LOG = System.getLogger("org.vhostdevice.blk");

    private final Disk disk;
    private final Storage storage;
    private final TransferEngine engine;
    private final @Nullable ThreadEngine threads;
    private final Transfer[] transfers;
    private int free;
    private final BlkRequestParser parser = new BlkRequestParser();
    private final DiskFeatures features;
    private final QueueContext context;
    private final List<Transfer> stalled = new ArrayList<>();
    private boolean stopping;
    private boolean waitsForTime;
    private long malformed;
    private long failed;

    /// Begins to serve a queue. Worker's thread.
    ///
    /// @param disk what is served
    /// @param context of the queue
    /// @param most requests at once: the size of the largest ring
    /// @throws IOException if the host lacks what it takes
    public BlkQueue(Disk disk, QueueContext context, int most) throws IOException {
        this.disk = disk;
        this.context = context;
        this.storage = disk.storage();
        this.features = disk.features(context.features());
        this.transfers = new Transfer[most];
        if (storage.waits()) {
            boolean loneHere = storage instanceof DirectStorage;
            threads = new ThreadEngine(context, disk.host().threads(), this, loneHere);
            engine = storage instanceof DirectStorage direct
                    ? disk.policy().engine().open(direct, threads, this, context, most)
                    : threads;
        } else {
            threads = null;
            engine = new InlineEngine(this);
        }
        for (int i = 0; i < most; i++) {
            transfers[i] = new Transfer(i, storage, this::giveBack);
        }
        free = most;
    }

    private void giveBack(Transfer transfer) {
        if (threads != null) {
            threads.giveBack(transfer);
        }
    }

    @Override
    public boolean ready() {
        return free > 0 && mayGoOn();
    }

    /// Whether the limits let one more request in; if not, the queue is looked at again when they do.
    private boolean mayGoOn() {
        Throttle throttle = disk.throttle();
        if (throttle == null) {
            return true;
        }
        long nanos = throttle.delay(System.nanoTime());
        if (nanos > 0 && !waitsForTime) {
            waitsForTime = true;
            disk.host().timer().after(nanos, () -> context.execute(this::goOn));
        }
        return nanos == 0;
    }

    private void goOn() {
        waitsForTime = false;
        context.resume();
    }

    private void count(long bytes) {
        Throttle throttle = disk.throttle();
        if (throttle != null) {
            throttle.take(bytes);
        }
    }

    @Override
    public void handle(DescriptorChain chain) {
        switch (parser.parse(chain)) {
            case BlkRequest.In in -> read(chain, in.sector(), in.bytes());
            case BlkRequest.Out out -> write(chain, out.sector(), out.bytes());
            case BlkRequest.Ranges ranges -> change(chain, ranges);
            case BlkRequest.Plain.FLUSH -> flush(chain);
            case BlkRequest.Plain.GET_ID -> tellId(chain);
            case BlkRequest.Plain.UNSUPPORTED -> finish(chain, 0, BlkStatus.UNSUPP);
            case BlkRequest.Plain.MALFORMED -> {
                malformed++;
                finish(chain, 0, BlkStatus.IOERR);
            }
        }
    }

    @Override
    public void batchEnd() {
        engine.submit();
    }

    @Override
    public void look() {
        engine.look();
    }

    /// Reports what went wrong since the ring was started.
    @Override
    public void close() {
        stopping = true;
        stalled.clear();
        engine.close();
        if (malformed > 0) {
            LOG.log(Level.WARNING, "the driver sent {0} malformed requests", malformed);
        }
        if (failed > 0) {
            LOG.log(Level.ERROR, "{0} requests failed on this host", failed);
        }
    }

    private void read(DescriptorChain chain, long sector, long bytes) {
        if (bytes % Disk.SECTOR_BYTES != 0 || !isInside(sector, bytes / Disk.SECTOR_BYTES)) {
            finish(chain, 0, BlkStatus.IOERR);
        } else if (bytes == 0) {
            finish(chain, 0, BlkStatus.OK);
        } else {
            count(bytes);
            Transfer transfer = take();
            transfer.move(chain, false, sector * Disk.SECTOR_BYTES, bytes, false);
            engine.start(transfer);
        }
    }

    private void write(DescriptorChain chain, long sector, long bytes) {
        if (storage.readOnly() || bytes % Disk.SECTOR_BYTES != 0 || !isInside(sector, bytes / Disk.SECTOR_BYTES)) {
            finish(chain, 0, BlkStatus.IOERR);
        } else if (bytes == 0) {
            finish(chain, 0, BlkStatus.OK);
        } else {
            count(bytes);
            Transfer transfer = take();
            DetectZeroes detect = disk.policy().detectZeroes();
            if (detect != DetectZeroes.OFF && chain.readable().isZero(BlkRequestParser.HEADER_BYTES, bytes)) {
                boolean unmap = detect == DetectZeroes.UNMAP;
                transfer.zeroes(chain, sector * Disk.SECTOR_BYTES, bytes, unmap, features.writesThrough());
            } else {
                transfer.move(chain, true, sector * Disk.SECTOR_BYTES, bytes, features.writesThrough());
            }
            engine.start(transfer);
        }
    }

    private void change(DescriptorChain chain, BlkRequest.Ranges request) {
        BlkStatus status = check(request);
        if (status != BlkStatus.OK) {
            finish(chain, 0, status);
            return;
        }
        count(0);
        Transfer transfer = take();
        transfer.ranges(chain, request, disk.policy().mayUnmap(), features.writesThrough());
        engine.start(transfer);
    }

    /// Whether all ranges of a request can be changed (VIRTIO 1.4, 5.2.6.2): nothing is, unless all can.
    private BlkStatus check(BlkRequest.Ranges request) {
        if (storage.readOnly()) {
            return BlkStatus.IOERR;
        }
        if (!(request.zeroes() ? features.writeZeroes() : features.discard())) {
            return BlkStatus.UNSUPP;
        }
        int known = request.zeroes() ? BlkRequest.Range.UNMAP : 0;
        for (BlkRequest.Range range : request.ranges()) {
            if ((range.flags() & ~known) != 0) {
                return BlkStatus.UNSUPP;
            }
        }
        for (BlkRequest.Range range : request.ranges()) {
            if (range.sectors() > Disk.MAX_RANGE_SECTORS || !isInside(range.sector(), range.sectors())) {
                return BlkStatus.IOERR;
            }
        }
        return BlkStatus.OK;
    }

    private void flush(DescriptorChain chain) {
        if (storage.readOnly()) {
            finish(chain, 0, BlkStatus.OK);
            return;
        }
        count(0);
        Transfer transfer = take();
        transfer.flush(chain);
        engine.start(transfer);
    }

    private void tellId(DescriptorChain chain) {
        long bytes = Math.min(ID_BYTES, chain.writable().length() - 1);
        chain.writable().write(0, disk.id(), bytes);
        finish(chain, bytes, BlkStatus.OK);
    }

    private boolean isInside(long sector, long count) {
        long all = storage.size() / Disk.SECTOR_BYTES;
        return sector >= 0 && sector <= all && count <= all - sector;
    }

    private Transfer take() {
        free--;
        return transfers[free];
    }

    /// Completes the chain of a transfer, unless that waits for room on the host.
    @Override
    public void completed(Transfer transfer) {
        IOException failure = transfer.failure();
        if (failure != null && waitsForRoom(failure)) {
            stall(transfer);
            return;
        }
        DescriptorChain chain = transfer.chain();
        transfers[free] = transfer;
        free++;
        transfer.rethrow();
        if (failure == null) {
            finish(chain, transfer.kind() == Transfer.Kind.READ ? transfer.bytes() : 0, BlkStatus.OK);
        } else {
            finish(chain, 0, BlkStatus.IOERR);
            report(transfer, failure);
        }
    }

    private boolean waitsForRoom(IOException failure) {
        return disk.policy().onEnospc() == OnEnospc.STOP
                && !stopping
                && failure instanceof ErrnoException host
                && (host.errno() == Errno.ENOSPC || host.errno() == Errno.EDQUOT);
    }

    private void stall(Transfer transfer) {
        stalled.add(transfer);
        if (stalled.size() == 1) {
            LOG.log(Level.WARNING, "the host has no room for " + storage + ": writes wait for it");
            disk.host().timer().after(ROOM_NANOS, () -> context.execute(this::retry));
        }
    }

    private void retry() {
        List<Transfer> again = List.copyOf(stalled);
        stalled.clear();
        again.forEach(engine::start);
        engine.submit();
    }

    /// What waits for room or for a server fails now.
    @Override
    public void quiesce() {
        stopping = true;
        storage.hurry();
        List<Transfer> last = List.copyOf(stalled);
        stalled.clear();
        last.forEach(this::completed);
    }

    private void report(Transfer transfer, IOException failure) {
        if (failed++ == 0) { // a broken disk fails often: the rest is counted
            String what = transfer.kind() == Transfer.Kind.FLUSH
                    ? "flush"
                    : transfer.kind() + " at sector " + transfer.offset() / Disk.SECTOR_BYTES;
            LOG.log(Level.ERROR, what + " failed: " + failure.getMessage());
        }
    }

    /// Completes a request.
    ///
    /// @param data bytes written from the start of the writable part
    private static void finish(DescriptorChain chain, long data, BlkStatus status) {
        GuestBuffers writable = chain.writable();
        long statusAt = writable.length() - 1;
        if (statusAt >= 0) {
            writable.writeByte(statusAt, status.code());
        }
        chain.complete(data == statusAt ? data + 1 : data);
    }
}

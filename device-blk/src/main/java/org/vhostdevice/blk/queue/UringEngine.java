package org.vhostdevice.blk.queue;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.blk.storage.DirectStorage;
import org.vhostdevice.core.device.Faults;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.memory.IoVecs;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.FileIo;
import org.vhostdevice.core.sys.FileTransfers;

/// Has the kernel do the transfers of bytes that lie in a file (`io_uring(7)`), and threads all else.
///
/// What the kernel has in its page cache is not worth a request of its own: a read that comes alone is tried at once,
/// and a write goes into the cache at once, since the kernel would do that on a thread of its own.
final class UringEngine implements TransferEngine, FileTransfers.Completion {
    private static final int BATCH = 128;

    /// Of what may be in the page cache, and is copied while it is submitted, the driver gets the first back before the
    /// last are begun.
    private static final int CACHED_BATCH = 8;

    private static final int VECTORS = 4096;

    private final DirectStorage storage;
    private final ThreadEngine threads;
    private final Client client;
    private final FileTransfers ring;
    private final IoVecs vectors = new IoVecs(VECTORS);
    private final IoVecs now = new IoVecs();
    private final Transfer[] batch = new Transfer[BATCH];
    private final @Nullable Transfer[] flying;
    private final int batchSize;
    private int batched;
    private int inFlight;

    /// @param most transfers at once
    /// @throws IOException if the host has no io_uring for us
    UringEngine(DirectStorage storage, ThreadEngine threads, Client client, QueueContext context, int most)
            throws IOException {
        this.storage = storage;
        this.threads = threads;
        this.client = client;
        this.batchSize = storage.cached() ? CACHED_BATCH : BATCH;
        this.flying = new Transfer[most];
        this.ring = context.transfers(this);
    }

    @Override
    public void start(Transfer transfer) {
        if (!transfer.isPlain() || !locate(transfer)) {
            threads.start(transfer);
            return;
        }
        if (transfer.kind() == Transfer.Kind.WRITE && storage.cached() && writeNow(transfer)) {
            return;
        }
        if (!gather(transfer)) {
            storage.leave(transfer.use);
            threads.start(transfer);
            return;
        }
        batch[batched++] = transfer;
        if (batched == batchSize) {
            submit(storage.cached());
        }
    }

    /// Finds out where a transfer lies in the file, if the kernel can do it.
    private boolean locate(Transfer transfer) {
        transfer.use = storage.enter();
        transfer.place = storage.locate(transfer.offset(), transfer.bytes(), transfer.kind() == Transfer.Kind.WRITE);
        if (transfer.place == DirectStorage.ELSEWHERE) {
            storage.leave(transfer.use);
            return false;
        }
        return true;
    }

    /// Describes a transfer's memory, unless it has too many pieces or they are not aligned.
    private boolean gather(Transfer transfer) {
        if (batched == 0 && ring.idle()) {
            vectors.clear();
        }
        vectors.clearBits();
        int first = vectors.count();
        long added = transfer.buffers().addTo(vectors, transfer.position(), transfer.bytes());
        if (added < transfer.bytes() && first > 0) {
            vectors.truncate(first);
            submit(true);
            return ring.idle() && gather(transfer);
        }
        transfer.firstVector = first;
        transfer.vectors = vectors.count() - first;
        boolean fits = added == transfer.bytes()
                && transfer.vectors <= IoVecs.CAPACITY
                && (vectors.bits() & (storage.alignment() - 1)) == 0;
        if (!fits) {
            vectors.truncate(first);
        }
        return fits;
    }

    /// Writes into the page cache.
    private boolean writeNow(Transfer transfer) {
        if (!gatherNow(transfer)) {
            return false;
        }
        try {
            long bytes = FileIo.pwritev(storage.descriptor(), now.segment(), now.count(), transfer.place);
            if (bytes < transfer.bytes()) {
                return false;
            }
        } catch (ErrnoException e) {
            transfer.fail(e);
        }
        storage.leave(transfer.use);
        client.completed(transfer);
        return true;
    }

    /// Reads what is in the page cache, without waiting.
    private boolean readNow(Transfer transfer) {
        if (!gatherNow(transfer)) {
            return false;
        }
        long bytes = FileIo.preadvNowait(storage.descriptor(), now.segment(), now.count(), transfer.place);
        if (bytes < transfer.bytes()) {
            return false;
        }
        storage.leave(transfer.use);
        client.completed(transfer);
        return true;
    }

    private boolean gatherNow(Transfer transfer) {
        now.clear();
        return transfer.buffers().addTo(now, transfer.position(), transfer.bytes()) == transfer.bytes();
    }

    @Override
    public void submit() {
        threads.submit();
        submit(storage.cached());
    }

    /// Hands the batch to the kernel.
    ///
    /// @param now whether at once; otherwise by the system call in which the worker waits next
    private void submit(boolean now) {
        if (batched == 0 && !now) {
            return;
        }
        boolean alone = batched == 1 && inFlight == 0;
        int count = batched;
        batched = 0;
        if (alone && storage.cached() && readNow(batch[0])) {
            return;
        }
        int taken = prepare(count) ? count : 0;
        if (now) {
            taken = hand(taken);
            look();
        }
        if (taken < count) {
            leaveToThreads(taken, count);
        }
    }

    /// @return whether the kernel can take the batch
    private boolean prepare(int count) {
        try {
            ring.reserve(count);
        } catch (ErrnoException e) {
            return false;
        }
        for (int i = 0; i < count; i++) {
            prepare(batch[i]);
        }
        return true;
    }

    /// @param count requests, prepared just now
    /// @return how many of them the kernel has taken
    private int hand(int count) {
        try {
            ring.submit();
            return count;
        } catch (ErrnoException e) {
            int dropped = ring.drop(count);
            inFlight -= dropped;
            return count - dropped;
        }
    }

    private void leaveToThreads(int from, int to) {
        for (int i = from; i < to; i++) {
            storage.leave(batch[i].use);
            threads.start(batch[i]);
        }
        threads.submit();
    }

    private void prepare(Transfer transfer) {
        int token = transfer.number();
        flying[token] = transfer;
        inFlight++;
        long iovecs = vectors.address(transfer.firstVector);
        if (transfer.kind() == Transfer.Kind.READ) {
            ring.readv(storage.descriptor(), iovecs, transfer.vectors, transfer.place, token);
        } else {
            ring.writev(storage.descriptor(), iovecs, transfer.vectors, transfer.place, token);
        }
    }

    private void waitForOne() {
        try {
            ring.await();
        } catch (ErrnoException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void look() {
        ring.reap();
    }

    @Override
    public void completed(int token, int result) {
        Transfer transfer = flying[token];
        flying[token] = null;
        if (transfer == null) {
            throw new IllegalStateException("the kernel has completed what it was not given");
        }
        inFlight--;
        storage.leave(transfer.use);
        if (result == transfer.bytes()) {
            client.completed(transfer);
        } else if (result >= 0 || mayBeTriedAgain(Errno.of(-result))) {
            transfer.moved(Math.max(result, 0));
            threads.start(transfer);
            threads.submit();
        } else {
            transfer.fail(new ErrnoException(transfer.kind() == Transfer.Kind.READ ? "readv" : "writev", -result));
            client.completed(transfer);
        }
    }

    private static boolean mayBeTriedAgain(Errno errno) {
        return switch (errno) {
            case EAGAIN, EINTR, EINVAL, EOPNOTSUPP -> true;
            default -> false;
        };
    }

    @Override
    public void close() {
        Faults faults = new Faults();
        do {
            faults.collect(this::submit);
        } while (batched > 0);
        while (inFlight > 0) {
            faults.collect(this::waitForOne);
        }
        faults.collect(threads::close);
        ring.close();
        faults.rethrow();
    }
}

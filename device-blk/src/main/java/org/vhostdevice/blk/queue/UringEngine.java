package org.vhostdevice.blk.queue;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.blk.storage.DirectStorage;
import org.vhostdevice.core.device.Faults;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.device.Watcher;
import org.vhostdevice.core.memory.IoVecs;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.FileIo;
import org.vhostdevice.core.sys.IoUring;

/// Has the kernel do the transfers of bytes that lie in a file (`io_uring(7)`), and threads all else.
///
/// What the kernel has in its page cache is not worth a request of its own: a read that comes alone is tried at once,
/// and a write goes into the cache at once, since the kernel would do that on a thread of its own.
final class UringEngine implements TransferEngine, IoUring.Completion {
    private static final int BATCH = 128;

    /// Of what may be in the page cache, and is copied while it is submitted, the driver gets the first back before the
    /// last are begun.
    private static final int CACHED_BATCH = 8;

    private static final int VECTORS = 4096;

    private final DirectStorage storage;
    private final ThreadEngine threads;
    private final Client client;
    private final QueueContext context;
    private final IoUring ring;
    private final IoVecs vectors = new IoVecs(VECTORS);
    private final IoVecs now = new IoVecs();
    private final Transfer[] batch = new Transfer[BATCH];
    private final @Nullable Transfer[] flying;
    private final int batchSize;
    private int batched;
    private int inFlight;

    /// @param most transfers at once
    /// @throws ErrnoException if the host has no io_uring
    UringEngine(DirectStorage storage, ThreadEngine threads, Client client, QueueContext context, int most)
            throws IOException {
        this.storage = storage;
        this.threads = threads;
        this.client = client;
        this.context = context;
        this.batchSize = storage.cached() ? CACHED_BATCH : BATCH;
        this.flying = new Transfer[most];
        this.ring = IoUring.open(BATCH, most);
        try {
            context.watch(ring.fd(), Watcher.READ, _ -> look());
        } catch (IOException e) {
            ring.close();
            throw e;
        }
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
            submit();
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
        vectors.clearBits();
        int first = vectors.count();
        long added = transfer.buffers().addTo(vectors, transfer.position(), transfer.bytes());
        if (added < transfer.bytes() && first > 0) {
            vectors.truncate(first);
            submit();
            return gather(transfer);
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
        if (batched == 0) {
            return;
        }
        boolean alone = batched == 1 && inFlight == 0;
        int count = batched;
        batched = 0;
        if (alone && storage.cached() && readNow(batch[0])) {
            vectors.clear();
            return;
        }
        for (int i = 0; i < count; i++) {
            prepare(batch[i]);
        }
        try {
            ring.submit();
        } catch (ErrnoException e) {
            takeBack(count, ring.drop());
        }
        vectors.clear();
        look();
    }

    /// Leaves to threads what the kernel would not take.
    private void takeBack(int count, int dropped) {
        for (int i = count - dropped; i < count; i++) {
            Transfer transfer = batch[i];
            flying[transfer.number()] = null;
            inFlight--;
            storage.leave(transfer.use);
            threads.start(transfer);
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
        look();
    }

    /// Takes what the kernel has done. Its completions interrupt the worker's sleep before they make the descriptor
    /// readable, so that most are seen here without another system call.
    @Override
    public void look() {
        int _ = ring.reap(this);
    }

    @Override
    public void completed(long token, int result) {
        Transfer transfer = flying[(int) token];
        flying[(int) token] = null;
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
        context.unwatch(ring.fd());
        ring.close();
        faults.rethrow();
    }
}

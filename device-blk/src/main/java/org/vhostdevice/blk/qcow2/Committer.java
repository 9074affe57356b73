package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Lock;

/// Writes what has changed in an image's metadata, in an order that is safe whenever it ends:
///
/// 1. data, which is there already, and reference counts, before anything that points to what they count;
/// 2. L2 tables, before the L1 entries that point to them;
/// 3. L1 entries; only then is given up what they and the L2 tables no longer have.
///
/// Before the first of these an image of version 3 is marked as dirty, until [#finish]: when it was not closed,
/// clusters may count more references than they have, or any number if counts are written late.
///
/// Flushes take turns, those that wait share the next one, and after a failure none succeeds any more. Any thread,
/// without the image's lock.
final class Committer {
    private final ImageContext image;
    private final Lock lock;
    private final L1Table l1;
    private final MetadataCache<L2Table> l2;
    private final Refcounts refcounts;
    private final ClusterAllocator allocator;
    private final boolean lazy;
    private final AtomicLong asked = new AtomicLong();
    private long covered; // the highest ticket that a successful commit served; guarded by this
    private boolean failed; // guarded by this
    private boolean markedDirty; // guarded by this

    Committer(WritableImage writable) {
        this.image = writable.image();
        this.lock = image.lock();
        this.l1 = writable.l1();
        this.l2 = writable.tables().cache();
        this.refcounts = writable.refcounts();
        this.allocator = writable.allocator();
        this.lazy = image.header().lazyRefcounts();
    }

    /// What is to be written.
    private record Batch(
            List<PendingWrite> blocks,
            Refcounts.TableChange table,
            List<PendingWrite> l2,
            List<PendingWrite> l1,
            List<Freed> freed) {
        boolean maps() {
            return !l2.isEmpty() || !l1.isEmpty();
        }

        boolean any() {
            return maps() || !blocks.isEmpty() || table.any();
        }
    }

    /// Returns when all that was written before the call is durable.
    ///
    /// @throws IOException if that is not certain, now or because of an earlier failure
    void flush() throws IOException {
        long ticket = asked.incrementAndGet();
        synchronized (this) {
            refuseAfterFailure();
            if (covered >= ticket) {
                return;
            }
            long coveredNow = asked.get();
            commit(false);
            covered = coveredNow;
        }
    }

    /// Writes metadata if much has changed, so that the caches keep their size.
    void throttle() throws IOException {
        if (much()) {
            synchronized (this) {
                refuseAfterFailure();
                commit(true);
            }
        }
    }

    private boolean much() {
        lock.lock();
        try {
            return 2 * l2.dirty() > l2.capacity()
                    || 2 * refcounts.cache().dirty() > refcounts.cache().capacity();
        } finally {
            lock.unlock();
        }
    }

    /// Makes the image as if it had never been open: no count is behind, nothing is marked.
    void finish() throws IOException {
        synchronized (this) {
            refuseAfterFailure();
            commit(true);
            lock.lock();
            try {
                allocator.release();
            } finally {
                lock.unlock();
            }
            commit(true);
            if (markedDirty) {
                image.header().change(image.file(), header -> header.feature(Feature.DIRTY, false));
                image.file().flush();
                markedDirty = false;
            }
        }
    }

    /// Runs something that writes metadata itself while no commit does, with all metadata durable and the image's
    /// lock held.
    void alone(Action action) throws IOException {
        synchronized (this) {
            refuseAfterFailure();
            lock.lock();
            try {
                commit(true);
                action.run(() -> commit(true));
            } finally {
                lock.unlock();
            }
        }
    }

    /// What writes metadata itself.
    @FunctionalInterface
    interface Action {
        void run(Step commit) throws IOException;
    }

    /// Makes all metadata durable.
    @FunctionalInterface
    interface Step {
        void run() throws IOException;
    }

    private void refuseAfterFailure() throws IOException {
        if (failed) {
            throw new IOException("an earlier flush failed, so none can be trusted until the image is opened anew");
        }
        image.corruption().refuseIfFound();
    }

    /// @param full whether reference counts are written even if that could wait
    private void commit(boolean full) throws IOException {
        Batch batch = take(full);
        failed = true; // unless all of it is durable
        write(batch);
        failed = false;
        lock.lock();
        try {
            l2.written();
            refcounts.cache().written();
            allocator.committed(batch.freed);
            allocator.release();
        } finally {
            lock.unlock();
        }
    }

    private Batch take(boolean full) {
        lock.lock();
        try {
            boolean counts = full || !lazy || refcounts.unwrittenMove();
            return new Batch(
                    counts ? refcounts.cache().take() : List.of(),
                    counts ? refcounts.takeTable() : Refcounts.TableChange.none(),
                    l2.take(),
                    l1.take(),
                    allocator.takeFreed());
        } finally {
            lock.unlock();
        }
    }

    private void write(Batch batch) throws IOException {
        HostFile file = image.file();
        if (batch.any()) {
            markDirty();
        }
        PendingWrite.writeAll(file, batch.blocks);
        if (batch.table.any()) {
            file.flush();
            PendingWrite.writeAll(file, batch.table.writes());
        }
        if (batch.table.moved()) {
            file.flush();
            image.header().change(file, header -> header.refcountTable(batch.table.offset(), batch.table.clusters()));
        }
        file.flush();
        if (batch.maps()) {
            PendingWrite.writeAll(file, batch.l2);
            if (!batch.l1.isEmpty()) {
                file.flush();
                PendingWrite.writeAll(file, batch.l1);
            }
            file.flush();
        }
    }

    /// Leaves an image alone that is dirty because it could not be repaired.
    private void markDirty() throws IOException {
        if (image.header().version() >= 3 && !image.header().has(Feature.DIRTY)) {
            image.header().change(image.file(), header -> header.feature(Feature.DIRTY, true));
            markedDirty = true;
            image.file().flush();
        }
    }
}

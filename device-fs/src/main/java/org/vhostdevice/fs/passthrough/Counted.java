package org.vhostdevice.fs.passthrough;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

/// Something with descriptors that several threads may use at once, and that is freed when the last of them has
/// finished. It is born with one user, the table that it is in.
abstract class Counted implements AutoCloseable {
    private static final int SEIZED = Integer.MIN_VALUE / 2;
    private static final AtomicIntegerFieldUpdater<Counted> USERS =
            AtomicIntegerFieldUpdater.newUpdater(Counted.class, "users");

    private volatile int users = 1;

    /// By what the guest knows it; written once, before it is in its table.
    private long id;

    final long id() {
        return id;
    }

    final void id(long newId) {
        id = newId;
    }

    /// Begins to use it, unless it is freed.
    final boolean tryUse() {
        while (true) {
            int now = users;
            if (now == 0) {
                return false;
            }
            if (now < 0) {
                Thread.onSpinWait(); // seized, for a moment
            } else if (USERS.compareAndSet(this, now, now + 1)) {
                return true;
            }
        }
    }

    /// Ends a use.
    @Override
    public final void close() {
        if (USERS.getAndAdd(this, -1) == 1) {
            free();
        }
    }

    /// Makes sure that only the table uses it, and that nobody else begins to before [#release], which comes soon.
    final boolean trySeize() {
        return USERS.compareAndSet(this, 1, SEIZED);
    }

    /// Ends what [#trySeize] began.
    final void release() {
        if (USERS.getAndAdd(this, 1 - SEIZED) == SEIZED - 1) {
            free(); // the table has let it go meanwhile
        }
    }

    /// Gives back what it has of the host. Called once, by the last user.
    abstract void free();
}

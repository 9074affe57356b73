package org.vhostdevice.fs.passthrough;

import java.util.concurrent.atomic.AtomicInteger;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.fs.vfs.FsException;

/// How many files a guest may have open at once, so that a guest that never closes one takes descriptors from nobody
/// else. Any thread.
final class FdBudget {
    private final int most;
    private final AtomicInteger used = new AtomicInteger();

    /// @param most files at once
    FdBudget(int most) {
        this.most = most;
    }

    /// Takes one; [#give] follows.
    ///
    /// @param refusal thrown if there are too many
    void take(Errno refusal) throws FsException {
        if (used.incrementAndGet() > most) {
            give();
            throw FsException.of(refusal);
        }
    }

    /// Gives one back.
    void give() {
        used.decrementAndGet();
    }

    /// How many are open.
    int used() {
        return used.get();
    }
}

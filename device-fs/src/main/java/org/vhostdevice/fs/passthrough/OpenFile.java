package org.vhostdevice.fs.passthrough;

import org.vhostdevice.core.sys.FileCalls;

/// A file that the guest has open.
final class OpenFile extends Counted {
    private final int fd;
    private final FdBudget budget;

    /// @param fd owned from now on
    /// @param budget from which one was taken
    OpenFile(int fd, FdBudget budget) {
        this.fd = fd;
        this.budget = budget;
    }

    int fd() {
        return fd;
    }

    @Override
    void free() {
        FileCalls.close(fd);
        budget.give();
    }
}

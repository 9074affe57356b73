package org.vhostdevice.fs.passthrough;

import org.vhostdevice.core.sys.FileCalls;

/// A file that the guest has open.
final class OpenFile extends Counted {
    private final int fd;

    /// @param fd owned from now on
    OpenFile(int fd) {
        this.fd = fd;
    }

    int fd() {
        return fd;
    }

    @Override
    void free() {
        FileCalls.close(fd);
    }
}

package org.vhostdevice.cli.bench;

import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.frontend.BlkWorkload.Access;

/// What a load does: fio's `rw`, and what else is asked of file systems.
enum Rw {
    /// Reads one block after the other.
    READ(Access.READ),
    /// Writes one block after the other.
    WRITE(Access.WRITE),
    /// Reads blocks at random.
    RANDREAD(Access.RANDREAD),
    /// Writes blocks at random.
    RANDWRITE(Access.RANDWRITE),
    /// Reads and writes blocks at random.
    RANDRW(Access.RANDRW),
    /// Makes, closes, looks up and removes files.
    META(null),
    /// Forgets a file while ranges of files are copied.
    FORGET(null);

    private final @Nullable Access access;

    Rw(@Nullable Access access) {
        this.access = access;
    }

    /// The access to data.
    ///
    /// @throws UsageException if it is something else
    Access access() throws UsageException {
        if (access == null) {
            throw new UsageException("meta and forget go with --device fs");
        }
        return access;
    }
}

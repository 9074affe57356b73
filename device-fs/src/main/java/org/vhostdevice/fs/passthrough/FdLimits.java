package org.vhostdevice.fs.passthrough;

import org.vhostdevice.core.sys.ErrnoException;

/// How many descriptors a guest may take up.
///
/// @param nodes that may name files at the same time; further files are known without
/// @param open files that it may have open at the same time
public record FdLimits(int nodes, int open) {
    /// Left to the rest of the process.
    private static final int RESERVED = 128;

    private static final int LEAST = 16;
    private static final int MOST = 1 << 20;

    /// Gives each purpose half of what this process may have open.
    ///
    /// @return the limits
    /// @throws ErrnoException if the host does not say how many that are
    public static FdLimits ofProcess() throws ErrnoException {
        long all = org.vhostdevice.core.sys.Host.rlimitNofile();
        long half = all < 0 ? MOST : Math.clamp((all - RESERVED) / 2, LEAST, MOST);
        return new FdLimits((int) half, (int) half);
    }
}

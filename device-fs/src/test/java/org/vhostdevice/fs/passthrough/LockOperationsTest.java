package org.vhostdevice.fs.passthrough;

import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.vhostdevice.fs.passthrough.Share.refused;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.sys.Capability;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.FileCalls;
import org.vhostdevice.fs.vfs.FileLock;
import org.vhostdevice.fs.vfs.FsException;

@DisplayName("A lock of a guest's process or open file")
class LockOperationsTest {
    private static final long FIRST = 1;
    private static final long SECOND = 2;

    @TempDir
    Path root;

    private Share share;
    private long node;
    private long handle;
    private long other;

    @BeforeEach
    void open() throws IOException, FsException {
        assumeTrue(Capability.OFD_LOCKS.available(), "no locks on bytes");
        share = new Share(root);
        node = share.create("file");
        handle = share.caller.handle();
        other = share.system.open(share.caller, node, Share.O_RDWR, false);
    }

    @AfterEach
    void close() {
        if (share != null) {
            share.close();
        }
    }

    private void lock(long owner, long through) throws FsException {
        FileLock wanted = new FileLock(owner, 0, 9, FileCalls.WRITE_LOCK, 0, false);
        share.system.setlk(share.caller, node, through, wanted);
    }

    @Test
    void excludesOtherOwnersUntilTheOwnerIsFlushed() throws Exception {
        lock(FIRST, handle);
        lock(FIRST, other);
        refused(Errno.EAGAIN, () -> lock(SECOND, other));
        share.system.flush(share.caller, node, handle, SECOND);
        refused(Errno.EAGAIN, () -> lock(SECOND, other));
        share.system.flush(share.caller, node, handle, FIRST);
        lock(SECOND, other);
    }

    @Test
    void endsWithTheOpenFileThroughWhichItWasTaken() throws Exception {
        lock(FIRST, handle);
        share.system.release(share.caller, node, other);
        refused(Errno.EAGAIN, () -> lock(SECOND, handle));
        share.system.release(share.caller, node, handle);
        lock(SECOND, share.system.open(share.caller, node, Share.O_RDWR, false));
    }
}

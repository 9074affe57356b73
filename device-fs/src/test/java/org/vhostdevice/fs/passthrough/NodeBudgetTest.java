package org.vhostdevice.fs.passthrough;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.vhostdevice.fs.passthrough.Share.refused;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.vhostdevice.core.sys.Capability;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.testkit.OpenFiles;
import org.vhostdevice.fs.vfs.FileSystem;
import org.vhostdevice.fs.vfs.FsException;

@DisplayName("Descriptors that name files")
class NodeBudgetTest {
    private static final int LIMIT = 16;
    private static final int FILES = 300;

    @TempDir
    Path root;

    private Share share(FileHandleMode mode) throws Exception {
        return new Share(PassthroughOptions.of(root).with(new FdLimits(LIMIT, 1000), mode));
    }

    @ParameterizedTest
    @EnumSource
    void farMoreFilesAreKnownThanMayBeNamedAtOnce(FileHandleMode mode) throws Exception {
        assumeTrue(mode != FileHandleMode.MANDATORY || Capability.PATH_FDS.available(), "no handles");
        try (Share share = share(mode)) {
            long before = OpenFiles.count();
            List<Long> nodes = new ArrayList<>();
            for (int i = 0; i < FILES; i++) {
                long directory = i % 10 == 0 ? share.mkdir("d" + i / 10) : nodes.get(i - i % 10);
                nodes.add(i % 10 == 0 ? directory : create(share, directory, i));
            }
            for (int i = 0; i < FILES; i++) {
                share.system.getattr(share.caller, nodes.get(i), FileSystem.NO_HANDLE);
                assertEquals(
                        i % 10 == 0 ? 0 : i,
                        i % 10 == 0 ? 0 : share.caller.stat().size());
            }
            long more = OpenFiles.count() - before;
            assertTrue(more <= LIMIT + 2, () -> more + " more are open");
        }
    }

    private static long create(Share share, long directory, int i) throws Exception {
        long node = share.create(directory, "f" + i);
        share.write(share.caller.handle(), 0, "x".repeat(i));
        share.system.release(share.caller, node, share.caller.handle());
        return node;
    }

    @Test
    void fileThatTheHostHasMovedIsFoundByItsHandle() throws Exception {
        assumeTrue(Capability.PATH_FDS.available(), "no handles");
        try (Share share = share(FileHandleMode.MANDATORY)) {
            assertEquals(7, sizeAfterMove(share));
        }
    }

    @Test
    void fileThatTheHostHasMovedIsLostWithoutHandles() throws Exception {
        try (Share share = share(FileHandleMode.NEVER)) {
            refused(Errno.ESTALE, () -> sizeAfterMove(share));
        }
    }

    @Test
    void fileThatTheGuestHasMovedIsFoundWithoutHandles() throws Exception {
        try (Share share = share(FileHandleMode.NEVER)) {
            long node = create(share, FileSystem.ROOT, 7);
            long directory = share.mkdir("d");
            share.system.rename(share.caller, FileSystem.ROOT, Share.name("f7"), directory, Share.name("moved"), 0);
            useUp(share);
            share.system.getattr(share.caller, node, FileSystem.NO_HANDLE);
            assertEquals(7, share.caller.stat().size());
        }
    }

    private long sizeAfterMove(Share share) throws FsException {
        try {
            long node = create(share, FileSystem.ROOT, 7);
            useUp(share);
            Files.move(root.resolve("f7"), root.resolve("elsewhere"));
            share.system.getattr(share.caller, node, FileSystem.NO_HANDLE);
            return share.caller.stat().size();
        } catch (FsException e) {
            throw e;
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static void useUp(Share share) throws Exception {
        for (int i = 0; i < 4 * LIMIT; i++) {
            create(share, FileSystem.ROOT, 1000 + i);
        }
    }
}

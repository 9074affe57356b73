package org.vhostdevice.fs.passthrough;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.vhostdevice.fs.passthrough.Share.name;
import static org.vhostdevice.fs.passthrough.Share.refused;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.NodeCalls;
import org.vhostdevice.fs.vfs.AttributeChange;
import org.vhostdevice.fs.vfs.FileSystem;
import org.vhostdevice.fs.vfs.FsException;

/// Hosts where a node cannot be opened open files by a name.
@DisplayName("The name that a file was last seen by")
class PlaceTest {
    private static final int FIFO = 0x1000;

    @TempDir
    Path root;

    private Share share;

    @BeforeEach
    void open() throws IOException {
        share = new Share(root);
    }

    @AfterEach
    void close() {
        share.close();
    }

    /// What needs no name where nodes can be opened.
    private static void needsName(Share.Operation operation) throws FsException {
        if (NodeCalls.areNamesOfDescriptors()) {
            operation.run();
        } else {
            refused(Errno.ESTALE, operation);
        }
    }

    private void open(long node) throws FsException {
        share.system.release(share.caller, node, share.system.open(share.caller, node, Share.O_RDWR, false));
    }

    private void rename(String from, String to) throws IOException {
        Files.move(root.resolve(from), root.resolve(to));
    }

    @Test
    void fileWhoseNameIsGoneIsStaleUntilItIsFoundByAnother() throws Exception {
        long node = share.create("a");
        rename("a", "b");
        needsName(() -> open(node));
        needsName(() -> share.change(node, AttributeChange.SIZE, 0, 10));
        assertEquals(node, share.lookup("b"));
        open(node);
    }

    @Test
    void fileWhoseNameAnotherFileHasIsStale() throws Exception {
        long node = share.create("a");
        rename("a", "b");
        Files.createDirectory(root.resolve("a"));
        needsName(() -> open(node));
        Files.delete(root.resolve("a"));
        Files.createSymbolicLink(root.resolve("a"), Path.of("b"));
        needsName(() -> open(node));
    }

    @Test
    void fileWhoseDirectoryIsForgottenIsStale() throws Exception {
        long directory = share.mkdir("d");
        long node = share.create(directory, "a");
        share.system.forget(directory, 1);
        needsName(() -> open(node));
        share.lookup(share.lookup("d"), "a");
        open(node);
    }

    @Test
    void whatTheFileMayNotIsRefusedAsEver() throws Exception {
        long node = share.mkdir("d");
        refused(Errno.EISDIR, () -> share.system.open(share.caller, node, Share.O_RDWR, false));
        long file = share.create("a");
        refused(Errno.EEXIST, () -> share.system.link(share.caller, file, FileSystem.ROOT, name("d")));
    }

    @Test
    void newNameIsTheOneWhenTheFirstIsRemoved() throws Exception {
        long node = share.create("a");
        share.system.link(share.caller, node, FileSystem.ROOT, name("b"));
        share.system.unlink(share.caller, FileSystem.ROOT, name("a"));
        open(node);
        share.system.link(share.caller, node, FileSystem.ROOT, name("c"));
        assertEquals(2, share.caller.stat().links());
    }

    @Test
    void linkNeedsTheName() throws Exception {
        long node = share.create("a");
        rename("a", "b");
        needsName(() -> share.system.link(share.caller, node, FileSystem.ROOT, name("c")));
        share.lookup("b");
        share.system.link(share.caller, node, FileSystem.ROOT, name("d"));
    }

    @Test
    void pipeWhoseNameIsGoneIsStaleUntilItIsFoundByAnother() throws Exception {
        long node = share.system.mknod(share.caller, FileSystem.ROOT, name("a"), FIFO | 0600, 0);
        rename("a", "b");
        needsName(() -> share.system.getattr(share.caller, node, -1));
        needsName(() -> share.change(node, AttributeChange.MODE, 0640, 0));
        share.lookup("b");
        share.change(node, AttributeChange.MODE, 0644, 0);
        assertEquals(FIFO | 0644, share.caller.stat().mode());
    }
}

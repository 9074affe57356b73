package org.vhostdevice.fs.passthrough;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.vhostdevice.fs.passthrough.Share.name;
import static org.vhostdevice.fs.passthrough.Share.refused;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.sys.Capability;
import org.vhostdevice.core.sys.Credentials;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.FileStat;
import org.vhostdevice.fs.passthrough.PassthroughOptions.Identity;
import org.vhostdevice.fs.passthrough.PassthroughOptions.Trait;
import org.vhostdevice.fs.vfs.AttributeChange;
import org.vhostdevice.fs.vfs.AttributeChange.TimeChange;
import org.vhostdevice.fs.vfs.FileSystem;
import org.vhostdevice.fs.vfs.FsException;

@DisplayName("Owners of files")
class OwnersTest {
    private static final int USER = 1234;
    private static final int GROUP = 4321;
    private static final int FIFO = 0x1000;

    @TempDir
    Path root;

    private Share share(Ownership ownership, String... rules) throws Exception {
        IdMap map = IdMap.parse(List.of(rules));
        Share share = new Share(PassthroughOptions.of(root).with(new Identity(ownership, map, map)));
        share.caller.begin(USER, GROUP);
        return share;
    }

    private int hostOwner(String name) throws Exception {
        return (int) Files.getAttribute(root.resolve(name), "unix:uid");
    }

    private int hostMode(String name) throws Exception {
        return (int) Files.getAttribute(root.resolve(name), "unix:mode");
    }

    private static void chown(Share share, long node, int uid) throws FsException {
        TimeChange none = new TimeChange(0, -2);
        share.system.setattr(
                share.caller,
                node,
                new AttributeChange(AttributeChange.UID, FileSystem.NO_HANDLE, 0, uid, 0, 0, none, none));
    }

    private static void assumeRoot() {
        boolean gives = !Capability.THREAD_CREDENTIALS.available() && Credentials.uid() == 0;
        assumeTrue(gives || Credentials.possible(), "only root can give files away");
    }

    @Test
    void newFileBelongsToWhoMadeIt() throws Exception {
        assumeRoot();
        Files.setAttribute(root, "unix:mode", 0777);
        try (Share share = share(Ownership.HOST)) {
            share.create("a");
            assertEquals(USER, share.caller.stat().uid());
            assertEquals(GROUP, share.caller.stat().gid());
            share.mkdir("d");
            share.system.symlink(share.caller, FileSystem.ROOT, name("l"), name("a"));
            assertEquals(USER, share.caller.stat().uid());
            assertEquals(List.of(USER, USER), List.of(hostOwner("a"), hostOwner("d")));
        }
        assertEquals(0, Files.getAttribute(Files.createTempFile(root, "own", ""), "unix:uid"));
    }

    @Test
    void directoryOfTheHostGivesItsGroupToWhatIsMadeInIt() throws Exception {
        assumeRoot();
        Files.setAttribute(root, "unix:mode", 0777);
        try (Share share = share(Ownership.HOST)) {
            long directory = share.mkdir("d");
            share.change(directory, AttributeChange.MODE, 02777, 0);
            share.caller.begin(USER + 1, GROUP + 1);
            share.create(directory, "a");
            assertEquals(List.of(USER + 1, GROUP), owners(share));
            share.system.mkdir(share.caller, directory, name("e"), 0755);
            assertEquals(List.of(USER + 1, GROUP), owners(share));
            assertEquals(02755, share.caller.stat().mode() & 07777);
            share.system.mknod(share.caller, directory, name("pipe"), FIFO | 0666, 0);
            assertEquals(List.of(USER + 1, GROUP), owners(share));
            assertEquals(0666, share.caller.stat().mode() & 07777);
        }
    }

    private static List<Integer> owners(Share share) {
        return List.of(share.caller.stat().uid(), share.caller.stat().gid());
    }

    @Test
    void mapsChangeNumbersBothWays() throws Exception {
        assumeRoot();
        Files.setAttribute(root, "unix:mode", 0777);
        try (Share share = share(Ownership.HOST, "map:1000:501000:1000", "forbid-guest:7:1", "map:4000:4000:1000")) {
            long node = share.create("a");
            assertEquals(USER, share.caller.stat().uid());
            assertEquals(500_000 + USER, hostOwner("a"));
            chown(share, node, 1001);
            assertEquals(501_001, hostOwner("a"));
            refused(Errno.EPERM, () -> chown(share, node, 7));
        }
    }

    @Test
    void maskIsThatOfTheCaller() throws Exception {
        try (Share share = share(Ownership.HOST)) {
            share.caller.begin(0, 0);
            share.caller.masked(027);
            share.system.mkdir(share.caller, FileSystem.ROOT, name("d"), 0777);
            assertEquals(0750, share.caller.stat().mode() & 0777);
            share.caller.masked(0);
            share.system.mkdir(share.caller, FileSystem.ROOT, name("e"), 0777);
            assertEquals(0777, share.caller.stat().mode() & 0777);
        }
    }

    @Test
    void attributeHasOwnerModeAndType() throws Exception {
        try (Share share = share(Ownership.XATTR)) {
            long node = share.create("a");
            assertEquals(USER, share.caller.stat().uid());
            assertEquals(FileStat.REGULAR | 0644, share.caller.stat().mode());
            assertEquals(Credentials.uid(), hostOwner("a"));
            assertEquals(0600, hostMode("a") & 0777);
            assertEquals(USER + ":" + GROUP + ":0100644", kept("a"));
            chown(share, node, 77);
            share.change(node, AttributeChange.MODE, 04711, 0);
            assertEquals(77, share.caller.stat().uid());
            assertEquals(04711, share.caller.stat().mode() & 07777);
            assertEquals("77:" + GROUP + ":0104711", kept("a"));
            long fifo = share.system.mknod(share.caller, FileSystem.ROOT, name("fifo"), FIFO | 0600, 0);
            assertEquals(FIFO, share.caller.stat().type());
            assertEquals(FileStat.REGULAR, hostMode("fifo") & FileStat.TYPE_MASK);
            assertEquals(fifo, share.lookup("fifo"));
            assertEquals(FIFO, share.caller.stat().type());
        }
    }

    @Test
    void privilegesThatTheAttributeGivesAreTakenAway() throws Exception {
        Identity same = new Identity(Ownership.XATTR, IdMap.IDENTITY, IdMap.IDENTITY);
        try (Share share = new Share(PassthroughOptions.of(root).with(same).with(Trait.XATTR))) {
            long node = share.create("a");
            share.change(node, AttributeChange.MODE, 06711, 0);
            share.change(node, AttributeChange.SIZE | AttributeChange.KILL_PRIVILEGES, 0, 5);
            assertEquals(0711, share.caller.stat().mode() & 07777);
            share.change(node, AttributeChange.MODE, 06701, 0);
            chown(share, node, 77);
            assertEquals(02701, share.caller.stat().mode() & 07777);
            share.system.setxattr(share.caller, node, name("user.x"), name("y"), 0, true);
            share.lookup("a");
            assertEquals(0701, share.caller.stat().mode() & 07777);
            share.change(node, AttributeChange.MODE, 06711, 0);
            long handle = share.system.open(share.caller, node, Share.O_RDWR, false);
            int _ = share.write(handle, 0, "text", true);
            share.system.release(share.caller, node, handle);
            share.lookup("a");
            assertEquals(0711, share.caller.stat().mode() & 07777);
        }
    }

    @Test
    void directoryKeepsItsModeWithANewOwner() throws Exception {
        try (Share share = share(Ownership.XATTR)) {
            long node = share.mkdir("d");
            share.change(node, AttributeChange.MODE, 02775, 0);
            chown(share, node, 77);
            assertEquals(02775, share.caller.stat().mode() & 07777);
        }
    }

    @Test
    void directoryGivesItsGroupToWhatIsMadeInIt() throws Exception {
        try (Share share = share(Ownership.XATTR)) {
            long directory = share.mkdir("d");
            share.change(directory, AttributeChange.MODE, 02775, 0);
            share.caller.begin(USER + 1, GROUP + 1);
            share.create(directory, "a");
            assertEquals(GROUP, share.caller.stat().gid());
            share.system.mkdir(share.caller, directory, name("e"), 0755);
            assertEquals(GROUP, share.caller.stat().gid());
            assertEquals(02755, share.caller.stat().mode() & 07777);
        }
    }

    private String kept(String name) throws Exception {
        byte[] value = (byte[]) Files.getAttribute(root.resolve(name), "user:containers.override_stat");
        return new String(value, StandardCharsets.US_ASCII);
    }

    @Test
    void fileWithoutTheAttributeOrWithAnUnsoundOneIsRoots() throws Exception {
        Files.createFile(root.resolve("a"));
        Files.createFile(root.resolve("b"));
        Files.setAttribute(root.resolve("b"), "user:containers.override_stat", new byte[] {'1', ':'});
        try (Share share = share(Ownership.XATTR)) {
            share.lookup("a");
            assertEquals(0, share.caller.stat().uid());
            share.lookup("b");
            assertEquals(0, share.caller.stat().uid());
        }
    }

    @Test
    void guestCannotTouchTheAttribute() throws Exception {
        Identity same = new Identity(Ownership.XATTR, IdMap.IDENTITY, IdMap.IDENTITY);
        try (Share share = new Share(PassthroughOptions.of(root).with(same).with(Trait.XATTR))) {
            long node = share.create("a");
            MemorySegment kept = name("user.containers.override_stat");
            MemorySegment value = name("0:0:0104777");
            refused(Errno.EPERM, () -> share.system.setxattr(share.caller, node, kept, value, 0, false));
            refused(Errno.EPERM, () -> share.system.removexattr(share.caller, node, kept));
            share.system.setxattr(share.caller, node, name("user.x"), value, 0, false);
            MemorySegment list = Arena.ofAuto().allocate(1000);
            assertEquals(7, share.system.listxattr(share.caller, node, list));
            assertEquals("user.x", list.getString(0));
        }
    }

    @Test
    void squashedFilesAreRootsAndStayThat() throws Exception {
        try (Share share = share(Ownership.SQUASH)) {
            long node = share.create("a");
            assertEquals(0, share.caller.stat().uid());
            chown(share, node, 55);
            assertEquals(0, share.caller.stat().uid());
            assertFalse(hostOwner("a") == 55);
        }
    }
}

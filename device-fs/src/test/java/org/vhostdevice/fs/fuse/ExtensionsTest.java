package org.vhostdevice.fs.fuse;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.fs.fuse.FuseOptions.Ability;
import org.vhostdevice.fs.fuse.FuseOptions.Readdirplus;

/// What a guest says of new files behind the arguments.
class ExtensionsTest {
    private static final long NODE = 5;
    private static final int EINVAL = 22;
    private static final int EPERM = 1;
    private static final String LABEL = "setxattr 1000:1001 " + FakeFiles.NODE + " security.selinux a_label 0 false";

    private final FakeFiles files = new FakeFiles();
    private final FuseRig rig =
            new FuseRig(files, new FuseOptions(CachePolicy.AUTO, Readdirplus.AUTO, Set.of(Ability.SECURITY_LABEL)));

    @BeforeEach
    void begin() {
        FuseRig _ = rig.begin();
        List<String> _ = files.calls();
    }

    @AfterEach
    void close() {
        files.close();
    }

    private static Wire mkdir() {
        return Wire.le().u32(0755).u32(0).text("name");
    }

    /// The label as the extension that Linux makes of it: unaligned behind the name, padded at its own end.
    private static Wire labelled(Wire arguments) {
        long bytes = 8L + 8 + "security.selinux".length() + 1 + "a_label".length();
        return arguments
                .u32((bytes + 7) / 8 * 8)
                .u32(1)
                .u32("a_label".length())
                .u32(0)
                .text("security.selinux")
                .raw("a_label");
    }

    @Test
    void groupOfTheDirectoryIsTheCallersToo() {
        byte[] body = mkdir().u32(16).u32(32).u32(1).u32(2345).bytes();
        assertEquals(0, rig.send(9, NODE, body).error());
        assertEquals(List.of("mkdir 1000:1001+2345 5 name 0755"), files.calls());
    }

    @Test
    void newFileGetsItsLabel() {
        byte[] body = labelled(mkdir()).bytes();
        assertEquals(0, rig.send(9, NODE, body).error());
        assertEquals(List.of("mkdir 1000:1001 5 name 0755", LABEL), files.calls());
    }

    @Test
    void createdFileGetsItsLabelBesideItsGroup() {
        Wire arguments =
                Wire.le().u64(0).u64(0).text("name").u32(16).u32(32).u32(1).u32(7);
        assertEquals(0, rig.send(35, NODE, labelled(arguments).bytes()).error());
        assertEquals(List.of("create 1000:1001+7 5 name 00 00 false", LABEL.replace("1001", "1001+7")), files.calls());
    }

    @Test
    void fileWithoutItsLabelGoesAgain() {
        files.fail("setxattr", Errno.EPERM);
        assertEquals(EPERM, rig.send(9, NODE, labelled(mkdir()).bytes()).error());
        assertEquals(
                List.of(
                        "mkdir 1000:1001 5 name 0755",
                        LABEL,
                        "rmdir 1000:1001 5 name",
                        "forget " + FakeFiles.NODE + " 1"),
                files.calls());
    }

    @Test
    void openFileWithoutItsLabelIsClosedAgain() {
        files.fail("setxattr", Errno.EPERM);
        byte[] body = labelled(Wire.le().u64(0).u64(0).text("name")).bytes();
        assertEquals(EPERM, rig.send(35, NODE, body).error());
        List<String> calls = files.calls();
        assertEquals("release 1000:1001 " + FakeFiles.NODE + " " + FakeFiles.HANDLE, calls.get(2));
        assertEquals("forget " + FakeFiles.NODE + " 1", calls.getLast());
    }

    @Test
    void extensionsThatLieAreInvalid() {
        assertEquals(EINVAL, rig.send(9, NODE, mkdir().u32(0).u32(32).bytes()).error());
        assertEquals(EINVAL, rig.send(9, NODE, mkdir().u32(-1).u32(32).bytes()).error());
        assertEquals(
                EINVAL,
                rig.send(9, NODE, mkdir().u32(16).u32(32).u32(-1).bytes()).error());
        assertEquals(
                EINVAL,
                rig.send(9, NODE, mkdir().u32(16).u32(32).u32(1).bytes()).error());
        assertEquals(List.of(), files.calls());
    }

    @Test
    void guestsThatSendNoneMayHaveBytesBehindTheArguments() {
        assertEquals(0, rig.init(38, 1 << 5).error());
        List<String> _ = files.calls();
        assertEquals(0, rig.send(9, NODE, labelled(mkdir()).bytes()).error());
        assertEquals(1, files.calls().size());
    }
}

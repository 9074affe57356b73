package org.vhostdevice.core.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.testkit.Background;

/// Threads of root that act for others. The files are made by system calls on this thread.
class CredentialsTest {
    private static final int OPEN = AbiNumber.O_CREAT.value() | AbiNumber.O_EXCL.value() | AbiNumber.O_CLOEXEC.value();
    private static final int NO_GROUP = -1;
    private static final int ALICE = 1001;
    private static final int USERS = 1100;
    private static final int STAFF = 1200;

    @TempDir
    private Path folder;

    private Map<String, String> before = Map.of();

    @BeforeEach
    void needsRoot() throws IOException {
        assumeTrue(Credentials.possible(), "only root acts for others");
        assertEquals(0, Credentials.assume(0, 0, STAFF)); // from here on this thread has no groups of its own
        Credentials.restore();
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        before = identity();
    }

    @AfterEach
    void threadIsItselfAgain() throws IOException {
        if (!before.isEmpty()) {
            Credentials.restore();
            assertEquals(before, identity());
        }
    }

    /// Users, groups and capabilities of this thread.
    private static Map<String, String> identity() throws IOException {
        List<String> lines = Files.readAllLines(Path.of("/proc/thread-self/status"));
        return lines.stream()
                .filter(line -> line.matches("(Uid|Gid|Groups|CapEff|CapPrm|CapInh):.*"))
                .map(line -> line.split(":\\s*", 2))
                .collect(Collectors.toMap(part -> part[0], part -> part[1].strip()));
    }

    private int make(String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = arena.allocateFrom(folder.resolve(name).toString());
            int fd = Libc.open(path, OPEN, 0600);
            return fd < 0 ? fd : Libc.close(fd);
        }
    }

    private String owner(String name) throws IOException {
        Map<String, Object> attributes = Files.readAttributes(folder.resolve(name), "unix:uid,gid");
        return Integer.toUnsignedString((int) attributes.get("uid")) + ":" + attributes.get("gid");
    }

    /// A folder in which only a group may write.
    private void onlyFor(int group) throws IOException {
        Path inner = Files.createDirectory(folder.resolve("inner"));
        Files.setAttribute(inner, "unix:gid", group);
        Files.setPosixFilePermissions(inner, PosixFilePermissions.fromString("rwxrwx---"));
    }

    @Test
    void filesBelongToWhomTheThreadActsFor() throws IOException {
        assertEquals(0, Credentials.assume(ALICE, USERS, NO_GROUP));
        assertEquals(0, make("a"));
        assertEquals(0, Credentials.assume(0, USERS, NO_GROUP), "without restore between");
        assertEquals(0, make("b"));
        assertEquals(0, Credentials.assume(0xffff_fffe, 0, NO_GROUP));
        assertEquals(0, make("c"));
        Credentials.restore();
        assertEquals(0, make("d"));
        assertEquals("1001:1100", owner("a"));
        assertEquals("0:1100", owner("b"));
        assertEquals("4294967294:0", owner("c"));
        assertEquals("0:0", owner("d"));
        assertEquals(before, identity());
    }

    @Test
    void threadHasNoCapabilityMeanwhile() throws IOException {
        assertEquals(0, Credentials.assume(ALICE, USERS, NO_GROUP));
        assertEquals("0000000000000000", identity().get("CapEff"));
        Credentials.restore();
        assertEquals(before, identity());
    }

    @Test
    void furtherGroupOpensWhatItMay() throws IOException {
        onlyFor(STAFF);
        assertEquals(0, Credentials.assume(ALICE, USERS, NO_GROUP));
        assertEquals(-Errno.EACCES.number(), make("inner/a"));
        assertEquals(0, Credentials.assume(ALICE, USERS, STAFF));
        assertEquals(0, make("inner/b"));
        assertEquals(0, Credentials.assume(ALICE, USERS, NO_GROUP));
        assertEquals(-Errno.EACCES.number(), make("inner/c"), "the group of the request before");
        Credentials.restore();
        assertEquals("1001:1100", owner("inner/b"));
    }

    @Test
    void unknownGroupsAreNotChecked() throws IOException {
        onlyFor(STAFF);
        assertEquals(0, Credentials.assumeInAnyGroup(ALICE, USERS));
        assertEquals("0000000000000002", identity().get("CapEff"));
        assertEquals(0, make("inner/a"));
        Credentials.restore();
        assertEquals("1001:1100", owner("inner/a"));
    }

    @Test
    void nobodysNumbersAreRefused() throws IOException {
        for (int[] ids : new int[][] {{-1, 0}, {0, -1}, {-1, -1}}) {
            assertEquals(-Errno.EINVAL.number(), Credentials.assume(ids[0], ids[1], STAFF));
            assertEquals(before, identity());
            assertEquals(-Errno.EINVAL.number(), Credentials.assumeInAnyGroup(ids[0], ids[1]));
        }
    }

    @Test
    void restoringTwiceOrWithoutNeedIsFine() throws IOException {
        Credentials.restore();
        assertEquals(0, Credentials.assume(ALICE, USERS, STAFF));
        Credentials.restore();
        Credentials.restore();
        assertEquals(before, identity());
    }

    @Test
    void otherThreadsStayWhoTheyAre() throws Exception {
        CountDownLatch assumed = new CountDownLatch(1);
        CountDownLatch looked = new CountDownLatch(1);
        var other = Background.call(() -> {
            int result = Credentials.assume(ALICE, USERS, STAFF);
            assumed.countDown();
            looked.await();
            Map<String, String> identity = identity();
            Credentials.restore();
            return result + identity.get("Uid") + " " + identity().get("Uid");
        });
        assumed.await();
        assertEquals(before, identity());
        assertEquals(0, make("mine"));
        looked.countDown();
        assertEquals("00\t1001\t0\t1001 0\t0\t0\t0", other.get());
        assertEquals("0:0", owner("mine"));
    }
}

package org.vhostdevice.cli.guest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.sys.Capability;
import org.vhostdevice.core.sys.HostOs;
import org.vhostdevice.core.testkit.Seeded;

/// What a guest sees of the file system device, whatever its front end is, and what the host sees of the guest.
///
/// `-Dvhost.guest.cases="lock rename"` runs only those cases of single operations whose name begins so.
@Tag("guest")
@ExtendWith(Seeded.class)
abstract class FsGuestContract {
    /// Descriptors that come and go in a process that serves.
    private static final int FEW = 8;

    private static final int PAYLOAD_BYTES = 2 << 20;
    private static final int LEAST_CASES = 235;
    private static final int MADE_FROM = 4097;
    private static final String CASE = "case-";
    private static final String SETS_ACL = "acl-grants-what-the-mode-refuses";
    private static final String CASES = System.getProperty("vhost.guest.cases", "");

    /// Cases that fail where the device plays another system. Files without a name, default ACLs, whiteouts and
    /// ranges of zeros are of Linux only; for what follows them here the others have calls of their own, which a
    /// played one lacks.
    private static final Set<String> OF_LINUX = Set.of(
            "open-without-a-name-gives-a-file-that-can-be-named",
            "open-without-a-name-exclusively-cannot-be-named",
            "open-without-a-name-vanishes",
            "acl-of-a-folder-is-handed-down",
            "rename-leaves-a-whiteout",
            "fallocate-makes-zeros",
            "rename-without-replacing",
            "rename-exchanges-a-file-and-a-folder",
            "rename-in-two-processes-loses-nothing", // by exchanging them
            "fallocate-punches-holes",
            "fallocate-keeps-the-size",
            "fallocate-makes-a-file-longer",
            "fallocate-beyond-what-a-file-can-have-is-EFBIG");

    private Path folder;
    private Path shared;
    private Payload payload;

    /// The front end under test, with its files in a folder.
    abstract GuestLauncher launcher(GuestTools tools, Path folder);

    /// Request queues of the device and CPUs of the guest.
    abstract int queues();

    /// Options of the device under test, in virtiofsd's spelling.
    abstract List<String> options();

    /// Which cases every build runs: the beginnings of their names, or nothing for all.
    String cases() {
        return "";
    }

    @BeforeEach
    void makeShare(@TempDir Path temporary, RandomGenerator random) throws IOException {
        folder = temporary;
        payload = new Payload(random, PAYLOAD_BYTES);
        shared = Files.createDirectory(folder.resolve("shared"));
    }

    @Test
    void everyOperationSucceedsAndFailsAsOnALocalFileSystem() throws IOException {
        runCases(options(), cases());
    }

    @Test
    void theHostSeesWhatTheGuestMakesAndTheGuestWhatTheHostMakes() throws IOException {
        requireRoot();
        try (BackEndProcess backEnd = start(options());
                Guest guest = boot(backEnd)) {
            guest.awaitReady();
            guest.run("fs_make");
            requireMade(shared.resolve("made"));
            guest.run("[ ! -e /mnt/from-host ]"); // which the guest remembers, but not for long
            Files.write(shared.resolve("from-host"), payload.bytes());
            guest.run("fs_await /mnt/from-host");
            assertEquals(payload.sumFrom(0), guest.query("set -- $(sha256sum /mnt/from-host); echo @@sum $1", "sum"));
            requireLocksOfTheHost(guest);
            guest.run("umount /mnt");
        }
    }

    @Test
    void theSameProcessServesTheNextGuestWhenOneIsKilled() throws IOException {
        try (BackEndProcess backEnd = start(options())) {
            long before;
            try (Guest guest = boot(backEnd)) {
                guest.awaitReady();
                before = backEnd.openFiles();
                guest.run("fs_hold 200");
                assertTrue(backEnd.openFiles() >= before + 200);
            }
            try (Guest guest = boot(backEnd)) {
                guest.awaitReady();
                long after = backEnd.openFiles();
                assertTrue(after <= before + FEW, () -> after + " files are open, and were " + before);
                assertEquals("granted granted", locks(guest, "/mnt/held0", "/mnt/held1"));
                assertEquals("200", guest.query("echo @@files $(ls /mnt | wc -l)", "files"));
                guest.run("umount /mnt");
            }
            assertEquals(0, backEnd.terminate());
        }
    }

    /// Runs cases in one guest.
    ///
    /// @param options of the device
    /// @param cases the beginnings of their names, or nothing for all
    final void runCases(List<String> options, String cases) throws IOException {
        requireRoot();
        String chosen = CASES.isEmpty() ? cases : CASES;
        GuestReport report;
        try (BackEndProcess backEnd = start(options);
                Guest guest = boot(backEnd, FsGuestScripts.of("fs_cases " + chosen))) {
            report = guest.awaitEnd();
        }
        Map<String, String> failures = new TreeMap<>();
        report.values().forEach((name, value) -> {
            if (name.startsWith(CASE) && !value.equals("ok") && !value.startsWith("skipped")) {
                failures.put(name.substring(CASE.length()), value);
            }
        });
        if (!HostProgram.has(Capability.THREAD_CREDENTIALS)) {
            failures.keySet().removeAll(OF_LINUX);
        }
        if (HostProgram.plays(HostOs.FREEBSD)) {
            // A played one lacks the calls on attributes of both systems.
            failures.keySet().removeIf(name -> name.startsWith("xattr-") || name.equals(SETS_ACL));
        }
        assertEquals(
                "",
                String.join(
                        "\n", failures.entrySet().stream().map(Object::toString).toList()));
        report.requireSuccess();
        assertTrue(!chosen.isEmpty() || Integer.parseInt(report.value("cases")) >= LEAST_CASES, report::output);
    }

    final BackEndProcess start(List<String> options) throws IOException {
        var _ = GuestAvailability.require();
        return FsBackEnd.start(folder, shared, options);
    }

    final Guest boot(BackEndProcess backEnd) throws IOException {
        return boot(backEnd, FsGuestScripts.INTERACTIVE);
    }

    final Guest boot(BackEndProcess backEnd, String script) throws IOException {
        GuestTools tools = GuestAvailability.require();
        Map<String, byte[]> files = FsGuestScripts.files(tools, payload);
        return launcher(tools, folder).start(new GuestSpec(device(), backEnd.socket(), queues(), files, script));
    }

    /// The device as the front end and the guest's kernel know it.
    GuestDevice device() {
        return GuestDevice.FS;
    }

    /// Only root can give files to others.
    static void requireRoot() throws IOException {
        assumeTrue(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "needs root");
    }

    private void requireMade(Path made) throws IOException {
        byte[] bytes = payload.bytes();
        Path file = made.resolve("file");
        assertArrayEquals(Arrays.copyOfRange(bytes, MADE_FROM, bytes.length), Files.readAllBytes(file));
        assertEquals("100640 1000 2000 2", attributes(file));
        assertEquals(2_000_000_002L, Files.getLastModifiedTime(file).to(TimeUnit.NANOSECONDS));
        UserDefinedFileAttributeView view = Files.getFileAttributeView(file, UserDefinedFileAttributeView.class);
        assertEquals("payload".length(), view.size("kind"));
        assertEquals("41750 0 0 2", attributes(made.resolve("folder")));
        assertEquals("100644 0 0 1", attributes(made.resolve("folder/inner")));
        assertTrue(Files.isSameFile(file, made.resolve("folder/hard")));
        assertEquals(Path.of("../file"), Files.readSymbolicLink(made.resolve("folder/soft")));
        assertEquals("10600 0 0 1", attributes(made.resolve("pipe")));
        assertEquals("20660 0 0 1", attributes(made.resolve("device")));
    }

    /// Type and mode, owner, group, and number of links.
    private static String attributes(Path file) throws IOException {
        Map<String, Object> found = Files.readAttributes(file, "unix:mode,uid,gid,nlink", LinkOption.NOFOLLOW_LINKS);
        String mode = Integer.toOctalString((Integer) found.get("mode"));
        return String.join(" ", mode, "" + found.get("uid"), "" + found.get("gid"), "" + found.get("nlink"));
    }

    /// A lock of a host's process is one for the guest too, as long as it is held.
    private void requireLocksOfTheHost(Guest guest) throws IOException {
        Path file = shared.resolve("from-host");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            try (FileLock _ = channel.lock()) {
                assertEquals("refused granted", locks(guest, "/mnt/from-host", "/mnt/from-host"));
            }
            assertEquals("granted granted", locks(guest, "/mnt/from-host", "/mnt/from-host"));
        }
    }

    /// What the guest is told when it tries to lock one file by `fcntl` and another by `flock`.
    private static String locks(Guest guest, String byFcntl, String byFlock) throws IOException {
        return guest.query(
                "echo @@locks $(python3 /fs/lock.py " + byFcntl + " fcntl) $(python3 /fs/lock.py " + byFlock
                        + " flock)",
                "locks");
    }
}

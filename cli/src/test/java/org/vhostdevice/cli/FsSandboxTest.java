package org.vhostdevice.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarOutputStream;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.fuse.FuseDriver;
import org.vhostdevice.core.frontend.fuse.FuseRequest;
import org.vhostdevice.core.frontend.fuse.FuseSession;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.HostOs;
import org.vhostdevice.core.sys.Isolation;
import org.vhostdevice.core.sys.Landlock;
import org.vhostdevice.core.sys.LinuxCapability;

/// What a process that shares a directory can still see and do.
@Timeout(120)
class FsSandboxTest {
    /// CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, FSETID, SETGID, SETUID, MKNOD and SETFCAP.
    private static final String KEPT = "00000000880000df";

    /// Without DAC_READ_SEARCH.
    private static final String KEPT_WITHOUT_HANDLES = "00000000880000db";

    @TempDir
    private Path folder;

    @BeforeEach
    void needsLinux() throws IOException {
        assumeTrue(HostOs.current() == HostOs.LINUX, "others have no namespaces, capabilities and filters");
        Files.createDirectory(share());
    }

    /// Root of a container has not all of it.
    private static void assumeRoot() throws IOException {
        long needed = Long.parseLong(KEPT, 16)
                | LinuxCapability.SETPCAP.bit()
                | LinuxCapability.SYS_CHROOT.bit()
                | LinuxCapability.SYS_ADMIN.bit();
        long present = Long.parseLong(value(Path.of("/proc/self"), "CapEff"), 16);
        assumeTrue(Isolation.isRoot() && (present & needed) == needed, "root with its capabilities");
    }

    private Path share() {
        return folder.resolve("share");
    }

    private Path socket() {
        return folder.resolve("s");
    }

    private Process start(List<String> before, String classPath, String... options) throws IOException {
        List<String> command = new ArrayList<>(before);
        command.addAll(java(classPath, Main.class));
        command.addAll(List.of("fs", "--socket", socket().toString(), "--shared-dir", share().toString()));
        command.addAll(List.of(options));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    private static List<String> java(String classPath, Class<?> program) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                classPath,
                program.getName());
    }

    private Process start(String... options) throws IOException {
        return start(List.of(), System.getProperty("java.class.path"), options);
    }

    private static void awaitServing(BufferedReader lines) throws IOException {
        StringBuilder seen = new StringBuilder();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.contains("serving fs")) {
                return;
            }
            seen.append(line).append('\n');
        }
        throw new AssertionError("it does not serve: " + seen);
    }

    /// Makes a file through the device, and finds it on the host.
    private void assertServes() throws Exception {
        byte[] text = "some text".getBytes(StandardCharsets.UTF_8);
        try (Frontend frontend = Frontend.attach(socket(), FuseDriver.prepare(FrontendOptions.defaults()))) {
            FuseSession session = FuseSession.begin(new FuseDriver(frontend, FuseDriver.Buffers.DEFAULT));
            FuseSession.Open file = session.create(FuseRequest.ROOT, "file");
            assertEquals(text.length, session.write(file, 0, text));
            session.release(file);
            FuseSession.Open again =
                    session.open(session.lookup(FuseRequest.ROOT, "file").nodeId(), FuseSession.READ_ONLY);
            assertArrayEquals(text, session.read(again, 0, 100));
        }
        assertArrayEquals(text, Files.readAllBytes(share().resolve("file")));
    }

    private static void assertEnds(Process process) throws InterruptedException {
        process.destroy();
        assertEquals(0, process.waitFor());
    }

    /// What all threads of a process have in a line of their status.
    private static Set<String> ofThreads(Process process, String line) throws IOException {
        Set<String> all = new TreeSet<>();
        try (Stream<Path> threads = Files.list(proc(process).resolve("task"))) {
            for (Path thread : threads.toList()) {
                all.add(value(thread, line));
            }
        }
        return all;
    }

    private static String value(Path task, String line) throws IOException {
        return Files.readAllLines(task.resolve("status")).stream()
                .filter(text -> text.startsWith(line + ":"))
                .map(text -> text.substring(line.length() + 1).strip())
                .findFirst()
                .orElseThrow();
    }

    private static Path proc(Process process) {
        return Path.of("/proc", String.valueOf(process.pid()));
    }

    private static Path namespace(Path process, String kind) throws IOException {
        return Files.readSymbolicLink(process.resolve("ns").resolve(kind));
    }

    @Test
    void rootSeesTheDirectoryAndItsProgramOnly() throws Exception {
        assumeRoot();
        Process process = start();
        try (BufferedReader lines = process.inputReader()) {
            awaitServing(lines);
            Path self = Path.of("/proc/self");
            for (String kind : List.of("mnt", "net", "ipc", "uts")) {
                assertNotEquals(namespace(self, kind), namespace(proc(process), kind), kind);
            }
            Path root = proc(process).resolve("root");
            for (String hidden : List.of("etc/passwd", "etc/shadow", "home", "bin", "sys", "var/log", "dev/sda")) {
                assertFalse(Files.exists(root.resolve(hidden)), hidden);
            }
            assertEquals(
                    Files.getAttribute(share(), "unix:ino"), Files.getAttribute(root.resolve("shared"), "unix:ino"));
            assertEquals(Set.of(KEPT), ofThreads(process, "CapEff"));
            assertEquals(Set.of(KEPT), ofThreads(process, "CapPrm"));
            assertEquals(Set.of(KEPT), ofThreads(process, "CapBnd"));
            assertEquals(Set.of("2"), ofThreads(process, "Seccomp"));
            assertEquals(Set.of("1"), ofThreads(process, "NoNewPrivs"));
            assertEquals(Set.of(""), ofThreads(process, "Groups"));
            assertEquals(Set.of(), otherFiles(process));
            assertServes();
            assertEquals(Set.of("2"), ofThreads(process, "Seccomp"), "threads that were started later");
            assertEnds(process);
        } finally {
            process.destroyForcibly();
        }
    }

    /// Open files that are neither shared nor parts of the program.
    private static Set<Path> otherFiles(Process process) throws IOException {
        Set<Path> others = new TreeSet<>();
        try (Stream<Path> descriptors = Files.list(proc(process).resolve("fd"))) {
            for (Path descriptor : descriptors.toList()) {
                Path target = Files.readSymbolicLink(descriptor);
                if (!target.toString().matches("(pipe|socket|anon_inode):.*|/shared|.*\\.jar|.*/lib/modules")) {
                    others.add(target);
                }
            }
        }
        return others;
    }

    /// Where this is root, somebody in a namespace who is not, though he has root's files.
    @Test
    void othersThanRootHaveAUserNamespace() throws Exception {
        List<String> other = List.of("unshare", "--user", "--map-user=1000", "--map-group=1000");
        assumeTrue(succeeds(other), "user namespaces");
        List<String> before = Isolation.isRoot() ? other : List.of();
        Process process = start(before, System.getProperty("java.class.path"), "--sandbox=namespace");
        try (BufferedReader lines = process.inputReader()) {
            awaitServing(lines);
            for (String kind : List.of("user", "mnt", "net", "ipc", "uts")) {
                assertNotEquals(namespace(Path.of("/proc/self"), kind), namespace(proc(process), kind), kind);
            }
            assertFalse(Files.exists(proc(process).resolve("root/etc/passwd")));
            assertEquals(Set.of(KEPT), ofThreads(process, "CapEff"));
            assertEquals(Set.of("2"), ofThreads(process, "Seccomp"));
            assertServes();
            assertEnds(process);
        } finally {
            process.destroyForcibly();
        }
    }

    private static boolean succeeds(List<String> before) throws InterruptedException {
        List<String> command = new ArrayList<>(before);
        command.add("true");
        try {
            return new ProcessBuilder(command).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    /// As libvirt starts a back end.
    @Test
    void inheritedSocketIsServedFromInside() throws Exception {
        assumeRoot();
        List<String> command = new ArrayList<>(java(System.getProperty("java.class.path"), SocketActivation.class));
        command.add(socket().toString());
        command.addAll(java(System.getProperty("java.class.path"), Main.class));
        command.addAll(List.of("fs", "--fd={fd}", "--shared-dir", share().toString(), "--cache", "never", "--xattr"));
        command.addAll(List.of("--thread-pool-size=4", "--rlimit-nofile=10000", "--log-level", "debug"));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (BufferedReader lines = process.inputReader()) {
            awaitServing(lines);
            assertNotEquals(namespace(Path.of("/proc/self"), "mnt"), namespace(proc(process), "mnt"));
            assertServes();
            assertEnds(process);
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void capabilitiesAndFilterAreAsAsked() throws Exception {
        assumeRoot();
        Process process = start("--inode-file-handles=never", "--modcaps=+sys_admin:-mknod", "--seccomp=none");
        try (BufferedReader lines = process.inputReader()) {
            awaitServing(lines);
            long kept = (Long.parseLong(KEPT_WITHOUT_HANDLES, 16) & ~(1L << 27)) | (1L << 21);
            assertEquals(Set.of(String.format("%016x", kept)), ofThreads(process, "CapEff"));
            assertEquals(Set.of("0"), ofThreads(process, "Seccomp"));
            assertServes();
            assertEnds(process);
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void changedRootIsTheDirectory() throws Exception {
        assumeRoot();
        Process process = start(List.of(), classPathOfJars(), "--sandbox=chroot", "--inode-file-handles=never");
        try (BufferedReader lines = process.inputReader()) {
            awaitServing(lines);
            assertEquals(
                    share().toRealPath(), Files.readSymbolicLink(proc(process).resolve("root")));
            Set<String> capabilities = ofThreads(process, "CapEff");
            assertTrue(capabilities.contains(KEPT_WITHOUT_HANDLES), capabilities.toString());
            capabilities.remove(KEPT_WITHOUT_HANDLES);
            assertEquals(Set.of("00000000880400db"), capabilities, "SYS_CHROOT, in threads of the JVM");
            assertEquals(Set.of("2"), ofThreads(process, "Seccomp"));
            assertServes();
            assertEnds(process);
        } finally {
            process.destroyForcibly();
        }
    }

    /// Class files in directories cannot be read after the root was changed; jars stay open.
    private String classPathOfJars() throws IOException {
        List<String> entries = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            Path path = Path.of(entry);
            entries.add(Files.isDirectory(path) ? jar(path, entries.size()).toString() : entry);
        }
        return String.join(File.pathSeparator, entries);
    }

    private Path jar(Path classes, int number) throws IOException {
        Path jar = folder.resolve("classes-" + number + ".jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar));
                Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                out.putNextEntry(new ZipEntry(classes.relativize(file).toString()));
                long _ = Files.copy(file, out);
            }
        }
        return jar;
    }

    /// Where this is root, also somebody who is not, though he has root's files.
    @ParameterizedTest(name = "as the user of the process: {0}")
    @ValueSource(booleans = {true, false})
    void landlockLeavesNothingButTheDirectory(boolean same) throws Exception {
        assumeTrue(Landlock.possible(), "Landlock");
        List<String> other = List.of("unshare", "--user", "--map-user=1000", "--map-group=1000");
        assumeTrue(same || succeeds(other), "user namespaces");
        Files.createDirectory(share().resolve("sub"));
        Files.writeString(share().resolve("sub/secret"), "secret");
        String classPath = System.getProperty("java.class.path");
        Process process = start(same ? List.of() : other, classPath, "--sandbox=landlock");
        try (BufferedReader lines = process.inputReader()) {
            awaitServing(lines);
            assertEquals(Set.of("1"), ofThreads(process, "NoNewPrivs"));
            assertEquals(Set.of("2"), ofThreads(process, "Seccomp"));
            assertServes();
            try (Frontend frontend = Frontend.attach(socket(), FuseDriver.prepare(FrontendOptions.defaults()))) {
                FuseSession session = FuseSession.begin(new FuseDriver(frontend, FuseDriver.Buffers.DEFAULT));
                long directory = session.lookup(FuseRequest.ROOT, "sub").nodeId();
                long secret = session.lookup(directory, "secret").nodeId();
                session.release(session.open(secret, FuseSession.READ_ONLY));
                Files.move(share().resolve("sub"), folder.resolve("outside"));
                BackendRefusal refusal =
                        assertThrows(BackendRefusal.class, () -> session.open(secret, FuseSession.READ_ONLY));
                assertEquals("OPEN failed with error " + Errno.EACCES.number(), refusal.getMessage());
            }
            assertEnds(process);
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void withoutASandboxOnlyCallsAreTaken() throws Exception {
        Process process = start("--sandbox=none", "--rlimit-nofile=1000");
        try (BufferedReader lines = process.inputReader()) {
            awaitServing(lines);
            assertEquals(namespace(Path.of("/proc/self"), "mnt"), namespace(proc(process), "mnt"));
            assertEquals(Set.of("2"), ofThreads(process, "Seccomp"));
            String limits = Files.readAllLines(proc(process).resolve("limits")).stream()
                    .filter(line -> line.startsWith("Max open files"))
                    .collect(Collectors.joining());
            assertTrue(limits.matches("Max open files +1000 +1000 .*"), limits);
            assertServes();
            assertEnds(process);
            assertFalse(Files.exists(socket()));
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void capabilitiesAreTakenWithoutASandboxWhenAsked() throws Exception {
        assumeRoot();
        Process process = start("--sandbox=none", "--modcaps=-setfcap");
        try (BufferedReader lines = process.inputReader()) {
            awaitServing(lines);
            assertEquals(Set.of("00000000080000df"), ofThreads(process, "CapEff"));
            assertEnds(process);
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void directoryThatIsNotThereIsOneLine() throws Exception {
        Files.delete(share());
        Process process = start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(1, process.waitFor(), said);
        assertEquals(1, said.lines().count(), said);
        assertTrue(said.contains(share().toString()), said);
    }

    @ParameterizedTest(name = "{0} fails with {1}")
    @CsvSource({
        "--sandbox=namespace, 1, not be confined",
        "--rlimit-nofile=2000000000, 1, --rlimit-nofile",
        "--uid-map=:0:1:1:, 2, --translate-uid"
    })
    void whatIsImpossibleIsOneLine(String option, int status, String word) throws Exception {
        assumeRoot();
        assumeTrue(Files.exists(Path.of("/usr/bin/setpriv")), "setpriv takes capabilities");
        List<String> lessRoot = List.of("/usr/bin/setpriv", "--bounding-set=-sys_admin");
        Process process = start(lessRoot, System.getProperty("java.class.path"), option);
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(status, process.waitFor(), said);
        assertEquals(1, said.lines().count(), said);
        assertTrue(said.contains(word), said);
        assertFalse(Files.exists(socket()), said);
    }
}

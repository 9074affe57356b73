package org.vhostdevice.cli.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.cli.doctor.Finding.Status;
import org.vhostdevice.core.sys.HostAbi;
import picocli.CommandLine;

class DoctorTest {
    private static final String DEVICES = """
            name "vhost-user-blk-pci", bus PCI
            name "vhost-user-fs-pci", bus PCI
            name "virtio-net-pci", bus PCI
            """;
    private static final String OBJECTS =
            "List of user creatable objects:\n  memory-backend-memfd\n  memory-backend-shm\n";

    @TempDir
    private Path folder;

    private record Run(int status, String out) {}

    private Run run(String... arguments) {
        StringWriter out = new StringWriter();
        CommandLine command = new CommandLine(
                new DoctorCommand(Map.of("PATH", folder.toString(), "XDG_CONFIG_HOME", folder.toString())));
        int status = command.setOut(new PrintWriter(out, true))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .execute(arguments);
        return new Run(status, out.toString());
    }

    /// A program that prints something for each of the questions that QEMU is asked.
    private void qemu(String name, String version, String devices, String objects) throws IOException {
        Files.writeString(folder.resolve("version"), version);
        Files.writeString(folder.resolve("devices"), devices);
        Files.writeString(folder.resolve("objects"), objects);
        script(
                name,
                "case $1 in --version) exec /bin/cat {}/version;; -device) exec /bin/cat {}/devices;;"
                        + " *) exec /bin/cat {}/objects;; esac");
    }

    private void script(String name, String body) throws IOException {
        Path file =
                Files.writeString(folder.resolve(name), "#!/bin/sh\n" + body.replace("{}", folder.toString()) + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private List<Finding> examine(HostAbi host, Duration limit) throws InterruptedException {
        return new Qemu(host, "/nonexistent:" + folder + ":", new ProgramOutput(limit)).findings();
    }

    private Finding only(HostAbi host) throws InterruptedException {
        List<Finding> findings = examine(host, Duration.ofSeconds(30));
        assertEquals(1, findings.size(), findings::toString);
        return findings.getFirst();
    }

    @Test
    void thisHostServesDevices() throws IOException {
        Files.writeString(
                Files.createDirectories(folder.resolve("qemu/vhost-user")).resolve("50-vhost-device-blk.json"), "{}");
        Run run = run();
        assertEquals(0, run.status(), run.out());
        for (String words : List.of(
                "ok   sockets",
                "ok   memory",
                "ok   notifications",
                "descriptors",
                "no qemu-system-* is found",
                "50-vhost-device-blk.json",
                "Devices can be served on this host")) {
            assertTrue(run.out().contains(words), words + " in " + run.out());
        }
    }

    @Test
    void programsReadTheSame() throws IOException {
        Run run = run("--json");
        JsonNode root = new ObjectMapper().readTree(run.out());
        assertTrue(root.path("can_serve").booleanValue());
        JsonNode first = root.path("findings").path(0);
        assertEquals("System", first.path("section").textValue());
        assertEquals("ok", first.path("status").textValue());
        assertTrue(first.path("advice").isNull());
    }

    @ParameterizedTest
    @CsvSource({
        "macos, kqueue, pages of 16 KiB, no eventfds for notifications: pipes",
        "freebsd, kqueue, pages of 4 KiB, no io_uring for disks: threads that wait",
        "linux, epoll, eventfds or pipes, no kqueue for waiting: epoll or poll"
    })
    void otherHostsAreKnownFromTables(String host, String first, String second, String third) {
        Run run = run("--host", host);
        assertEquals(0, run.status());
        for (String words : List.of(first, second, third)) {
            assertTrue(run.out().contains(words), run.out());
        }
        assertFalse(run.out().contains("QEMU"));
    }

    @Test
    void otherHostsAreTablesForProgramsToo() throws IOException {
        JsonNode root =
                new ObjectMapper().readTree(run("--host", "FreeBSD", "--json").out());
        assertTrue(root.path("can_serve").isMissingNode());
        assertTrue(root.path("findings").size() > 20);
    }

    @Test
    void unknownHostIsRefused() {
        assertEquals(2, run("--host", "windows").status());
    }

    @Test
    void qemuWithEverythingIsFine() throws Exception {
        qemu("qemu-system-x86_64", "QEMU emulator version 11.1.3 (Debian)\nCopyright", DEVICES, OBJECTS);
        Finding finding = only(HostAbi.MACOS_X86_64);
        assertEquals(Status.OK, finding.status());
        assertEquals(
                "version 11.1, has vhost-user-blk-pci, vhost-user-fs-pci; memory-backend-memfd, memory-backend-shm",
                finding.text());
    }

    @ParameterizedTest
    @CsvSource({
        "QEMU emulator version 10.2.0, x, memory-backend-shm, built with --enable-vhost-user",
        "QEMU emulator version 8.2.0, name \"vhost-user-blk-pci\", memory-backend-file, 9.1 or newer",
        "QEMU emulator version 9.1.0, name \"vhost-user-blk-pci\", memory-backend-file, has memory-backend-shm",
        "QEMU emulator version 99999.1, x, x, does",
        "garbage, x, x, --version",
        "'', '', '', --version"
    })
    void whatIsWrongWithAQemuIsSaid(String version, String devices, String objects, String advice) throws Exception {
        qemu("qemu-system-aarch64", version, devices, objects);
        Finding finding = only(HostAbi.MACOS_AARCH64);
        assertEquals(Status.WARNING, finding.status());
        assertTrue(finding.advice().orElseThrow().contains(advice), finding::toString);
    }

    @Test
    void qemuThatHangsIsGivenUp() throws Exception {
        script("qemu-system-x86_64", "sleep 1000 & sleep 1000");
        List<Finding> findings = examine(HostAbi.LINUX_X86_64, Duration.ofMillis(200));
        assertEquals("does not tell its version", findings.getFirst().text());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "while :; do echo 'QEMU emulator version 9.1'; done",
                "printf 'QEMU emulator version 9.1\\033[31m\\007\\n'; [ $1 = --version ] || kill -9 $$",
                "exit 3",
                "head -c 100000 /dev/urandom"
            })
    void hostileOutputIsBounded(String body) throws Exception {
        script("qemu-system-x86_64", body);
        Finding finding = only(HostAbi.LINUX_X86_64);
        assertEquals(Status.WARNING, finding.status());
        assertTrue(finding.text().length() < 200 && finding.text().chars().noneMatch(Character::isISOControl));
    }

    @Test
    void namesOfProgramsAreHarmlessAndNotTooMany() throws Exception {
        qemu("qemu-system-x86_64", "QEMU emulator version 9.1.0", DEVICES, OBJECTS);
        for (int i = 0; i < 10; i++) {
            Files.copy(folder.resolve("qemu-system-x86_64"), folder.resolve("qemu-system-\u001b[31m" + i));
        }
        Files.createDirectory(folder.resolve("qemu-system-folder"));
        List<Finding> findings = examine(HostAbi.LINUX_X86_64, Duration.ofSeconds(30));
        assertEquals(7, findings.size());
        assertEquals("qemu-system-x86_64", findings.getFirst().name());
        assertEquals("qemu-system-?[31m0", findings.get(1).name());
        assertEquals("5 more programs were not started", findings.getLast().text());
    }

    @Test
    void problemsEndWithOne() {
        List<Finding> findings =
                List.of(Finding.problem("A", "b", "fails: why", "do this"), Finding.warning("A", "c", "hm", "or that"));
        assertFalse(Reports.canServe(findings));
        assertTrue(Reports.text(findings).contains("FAIL b")
                && Reports.text(findings).contains("-> do this"));
        assertTrue(Reports.verdict(findings).contains("cannot"));
        assertEquals("Devices can be served on this host; 1 warning.", Reports.verdict(findings.subList(1, 2)));
    }
}

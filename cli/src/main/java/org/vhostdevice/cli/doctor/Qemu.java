package org.vhostdevice.cli.doctor;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.vhostdevice.core.sys.HostAbi;
import org.vhostdevice.core.sys.HostOs;

/// Which QEMUs are found, and whether they can attach devices of this program.
final class Qemu {
    private static final String SECTION = "QEMU";
    private static final String PREFIX = "qemu-system-";
    private static final int MOST_PROGRAMS = 6;
    private static final int MOST_FILES = 1000;
    private static final int FIRST_MAJOR = 9;
    private static final Pattern VERSION = Pattern.compile("QEMU emulator version (\\d{1,4})\\.(\\d{1,4})[^\\n]{0,80}");
    private static final Pattern DEVICE = Pattern.compile("name \"(vhost-user-[a-z0-9-]{1,40})\"");
    private static final Pattern BACKEND = Pattern.compile("\\b(memory-backend-(?:shm|memfd|file))\\b");
    private static final List<String> USEFUL =
            List.of("vhost-user-blk-pci", "vhost-user-fs-pci", "vhost-user-vsock-pci", "vhost-user-test-device-pci");

    private final HostAbi host;
    private final String searchPath;
    private final ProgramOutput output;

    /// @param searchPath folders as in the environment variable PATH
    Qemu(HostAbi host, String searchPath, ProgramOutput output) {
        this.host = host;
        this.searchPath = searchPath;
        this.output = output;
    }

    List<Finding> findings() throws InterruptedException {
        List<Path> programs = new ArrayList<>(find().values());
        if (programs.isEmpty()) {
            return List.of(Finding.warning(SECTION, "qemu", "no qemu-system-* is found in PATH", install()));
        }
        List<Finding> findings = new ArrayList<>();
        for (Path program : programs.subList(0, Math.min(MOST_PROGRAMS, programs.size()))) {
            findings.add(examine(program));
        }
        if (programs.size() > MOST_PROGRAMS) {
            int more = programs.size() - MOST_PROGRAMS;
            findings.add(Finding.ok(SECTION, "more", more + " more programs were not started"));
        }
        return findings;
    }

    private String install() {
        return switch (host.os()) {
            case LINUX -> "install QEMU, such as Debian's qemu-system-x86, or use User Mode Linux";
            case MACOS -> "install QEMU 9.1 or newer that is built with --enable-vhost-user, see docs/platforms.md";
            case FREEBSD -> "install the port emulators/qemu with the option for vhost-user, see docs/platforms.md";
        };
    }

    /// The programs by name, those of this processor first.
    private Map<String, Path> find() {
        String own = PREFIX + (host == HostAbi.LINUX_AARCH64 || host == HostAbi.MACOS_AARCH64 ? "aarch64" : "x86_64");
        Map<String, Path> found = new LinkedHashMap<>();
        for (String folder : searchPath.split(File.pathSeparator, -1)) {
            for (Path program : programsIn(folder)) {
                Path _ = found.putIfAbsent(program.getFileName().toString(), program);
            }
        }
        Map<String, Path> sorted = new LinkedHashMap<>();
        found.entrySet().stream()
                .sorted(Comparator.comparing(
                                (Map.Entry<String, Path> e) -> !e.getKey().equals(own))
                        .thenComparing(Map.Entry::getKey))
                .forEach(e -> sorted.put(e.getKey(), e.getValue()));
        return sorted;
    }

    private static List<Path> programsIn(String folder) {
        List<Path> programs = new ArrayList<>();
        if (folder.isEmpty()) {
            return programs;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of(folder), PREFIX + "*")) {
            for (Path file : files) {
                if (programs.size() < MOST_FILES && Files.isRegularFile(file) && Files.isExecutable(file)) {
                    programs.add(file);
                }
            }
        } catch (IOException | InvalidPathException e) {
            return programs; // a folder of PATH that is not there
        }
        return programs;
    }

    private Finding examine(Path program) throws InterruptedException {
        String name = Words.oneLine(program.getFileName().toString());
        Optional<MatchResult> version = output.of(List.of(program.toString(), "--version"))
                .flatMap(text -> VERSION.matcher(text).results().findFirst());
        if (version.isEmpty()) {
            return Finding.warning(
                    SECTION, name, "does not tell its version", "see what '" + name + " --version' does");
        }
        Optional<String> devices = output.of(List.of(program.toString(), "-device", "help"));
        Optional<String> objects = output.of(List.of(program.toString(), "-object", "help"));
        if (devices.isEmpty() || objects.isEmpty()) {
            return Finding.warning(
                    SECTION, name, "does not tell its devices", "see what '" + name + " -device help' does");
        }
        return judge(name, version.get(), found(DEVICE, devices.get()), found(BACKEND, objects.get()));
    }

    private static Set<String> found(Pattern pattern, String text) {
        Set<String> found = new TreeSet<>();
        pattern.matcher(text).results().limit(MOST_FILES).forEach(result -> found.add(result.group(1)));
        return found;
    }

    private Finding judge(String name, MatchResult version, Set<String> devices, Set<String> backends) {
        List<String> useful = USEFUL.stream().filter(devices::contains).toList();
        String text = "version " + version.group(1) + '.' + version.group(2) + ", "
                + (devices.isEmpty() ? "no vhost-user devices" : "has " + String.join(", ", useful))
                + (backends.isEmpty() ? "" : "; " + String.join(", ", backends));
        if (devices.isEmpty()) {
            return Finding.warning(
                    SECTION,
                    name,
                    text,
                    "use a QEMU that is built with --enable-vhost-user; this one cannot attach devices");
        }
        boolean linux = host.os() == HostOs.LINUX;
        if (!linux && Integer.parseInt(version.group(1)) < FIRST_MAJOR) {
            return Finding.warning(SECTION, name, text, "use QEMU 9.1 or newer: earlier ones share no memory here");
        }
        if (!linux && !backends.contains("memory-backend-shm")) {
            return Finding.warning(
                    SECTION, name, text, "use a QEMU that has memory-backend-shm: the guest's memory must be shared");
        }
        return Finding.ok(SECTION, name, text);
    }
}

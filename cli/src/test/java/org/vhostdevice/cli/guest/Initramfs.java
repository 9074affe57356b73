package org.vhostdevice.cli.guest;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// The first root file system of a guest: busybox, kernel modules, programs with their libraries, and a script.
///
/// `/init` mounts the pseudo file systems, loads the modules, runs the script, prints its exit status as the result
/// [#STATUS] and switches the guest off.
final class Initramfs {
    /// The result that holds the exit status of the script.
    static final String STATUS = "exit";

    private static final String LOADER = "ld-linux";

    private final GuestTools tools;
    private final Map<String, byte[]> programs = new TreeMap<>();
    private final Map<String, byte[]> files = new TreeMap<>();
    private SequencedMap<String, byte[]> modules = new LinkedHashMap<>();

    private Initramfs(GuestTools tools) throws IOException {
        this.tools = tools;
        programs.put("bin/busybox", Files.readAllBytes(tools.guestProgram("busybox")));
    }

    /// The file system that a specification asks for, still without kernel modules.
    static Initramfs of(GuestTools tools, GuestSpec spec) throws IOException {
        Initramfs initramfs = new Initramfs(tools);
        initramfs.files.putAll(spec.files());
        for (String program : spec.device().programs()) {
            initramfs.program(program);
        }
        return initramfs;
    }

    /// Adds kernel modules, to be loaded in this order by `/init`.
    Initramfs modules(SequencedMap<String, byte[]> inLoadOrder) {
        modules = inLoadOrder;
        return this;
    }

    private void program(String name) throws IOException {
        Path program = tools.guestProgram(name);
        programs.put("sbin/" + name, Files.readAllBytes(program));
        for (Path library : libraries(program)) {
            String file = library.getFileName().toString();
            String folder = file.startsWith(LOADER) ? "lib64/" : "lib/";
            programs.put(folder + file, Files.readAllBytes(library));
        }
    }

    /// Writes the archive with the script that `/init` runs, uncompressed: unpacking takes an emulated guest longer
    /// than reading.
    void write(Path target, String script) throws IOException {
        files.put("script", script.getBytes(StandardCharsets.UTF_8));
        try (CpioWriter archive = new CpioWriter(new BufferedOutputStream(Files.newOutputStream(target)))) {
            for (String folder : folders()) {
                archive.folder(folder);
            }
            for (var program : programs.entrySet()) {
                archive.file(program.getKey(), program.getValue(), true);
            }
            for (var module : modules.entrySet()) {
                archive.file("modules/" + module.getKey(), module.getValue(), false);
            }
            for (var file : files.entrySet()) {
                archive.file(file.getKey(), file.getValue(), false);
            }
            archive.file("init", init().getBytes(StandardCharsets.UTF_8), true);
        }
    }

    private Set<String> folders() {
        Set<String> folders = new TreeSet<>(
                List.of("bin", "sbin", "proc", "sys", "dev", "mnt", "tmp", "modules", "usr/bin", "usr/sbin"));
        List<String> names = new ArrayList<>(folders);
        names.addAll(programs.keySet());
        names.addAll(files.keySet());
        for (String name : names) {
            for (int slash = name.indexOf('/'); slash > 0; slash = name.indexOf('/', slash + 1)) {
                folders.add(name.substring(0, slash));
            }
        }
        return folders;
    }

    private String init() {
        StringBuilder init = new StringBuilder("""
                #!/bin/busybox sh
                /bin/busybox --install -s
                export PATH=/sbin:/bin:/usr/sbin:/usr/bin LD_LIBRARY_PATH=/lib
                mount -t proc proc /proc
                mount -t sysfs sysfs /sys
                mount -t devtmpfs devtmpfs /dev
                dmesg -n 1
                """);
        modules.keySet()
                .forEach(
                        module -> init.append("insmod /modules/").append(module).append('\n'));
        return init.append("""
                sh /script </dev/console
                status=$?
                [ $status = 0 ] || dmesg | tail -n 20
                echo "@@%s $status"
                poweroff -f
                """.formatted(STATUS)).toString();
    }

    /// The files that the dynamic loader would map, as `ldd` names them: `NAME => PATH (ADDRESS)` or `PATH (ADDRESS)`.
    private List<Path> libraries(Path program) throws IOException {
        List<String> command = new ArrayList<>(List.of("env"));
        tools.libraryEnvironment().forEach((name, value) -> command.add(name + "=" + value));
        command.addAll(List.of("ldd", program.toString()));
        HostCommand.Outcome outcome = HostCommand.run(tools.root(), command);
        if (!outcome.succeeded() || outcome.output().contains("not found")) {
            throw new IOException("libraries of " + program + " are missing: " + outcome.output());
        }
        return outcome.output()
                .lines()
                .map(line -> line.replaceFirst("^.*=>", "")
                        .replaceFirst("\\(0x.*", "")
                        .strip())
                .filter(path -> path.startsWith("/"))
                .map(Path::of)
                .toList();
    }
}

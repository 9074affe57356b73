package org.vhostdevice.cli.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Where the kernels and tools for guests lie. The tools of QEMU are the host's own where it has them.
///
/// @param root the root of the unpacked packages
/// @param uml the User Mode Linux kernel; `-Dvhost.guest.uml=COMMAND` runs another one, whose modules are in the folder
///     `-Dvhost.guest.uml.modules=FOLDER`
/// @param umlModules the folder with its modules
/// @param kernel the kernel image for QEMU
/// @param kernelModules the folder with its modules
record GuestTools(Path root, HostProgram uml, Path umlModules, Path kernel, Path kernelModules) {
    private static final List<String> PROGRAM_FOLDERS = List.of("usr/bin", "bin", "usr/sbin", "sbin");

    /// The tools below the root of unpacked packages.
    static GuestTools in(Path root) throws IOException {
        Path kernel = onlyEntry(root.resolve("boot"), "vmlinuz-");
        String release = kernel.getFileName().toString().substring("vmlinuz-".length());
        Path modules = Stream.of("usr/lib/modules", "lib/modules")
                .map(folder -> root.resolve(folder).resolve(release))
                .filter(Files::isDirectory)
                .findFirst()
                .orElseThrow(() -> new IOException("no modules of " + release + " below " + root));
        return new GuestTools(root, uml(root), umlModules(root), kernel, modules);
    }

    private static HostProgram uml(Path root) {
        String command = System.getProperty("vhost.guest.uml", "");
        return command.isEmpty()
                ? HostProgram.installed(root.resolve("usr/bin/linux.uml"))
                : HostProgram.ofCommand(command);
    }

    private static Path umlModules(Path root) throws IOException {
        String folder = System.getProperty("vhost.guest.uml.modules", "");
        return folder.isEmpty() ? onlyEntry(root.resolve("usr/lib/uml/modules"), "") : Path.of(folder);
    }

    /// A program of the guest, to be copied into it.
    Path guestProgram(String name) throws IOException {
        return PROGRAM_FOLDERS.stream()
                .map(folder -> root.resolve(folder).resolve(name))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new IOException("no program " + name + " below " + root));
    }

    /// A library of the guest, to be copied into it.
    ///
    /// @param prefix what its name begins with, such as `libffi.so.`
    Path library(String prefix) throws IOException {
        for (Path folder : libraryFolders().filter(Files::isDirectory).toList()) {
            try (Stream<Path> entries = Files.list(folder)) {
                Optional<Path> found =
                        entries.filter(entry -> startsWith(entry, prefix)).min(Path::compareTo);
                if (found.isPresent()) {
                    return found.get();
                }
            }
        }
        throw new IOException("no library " + prefix + " below " + root);
    }

    /// QEMU: the host's, that of the packages, or with `-Dvhost.guest.qemu=COMMAND` the one of that command,
    /// which is split at spaces.
    HostProgram qemuSystem() throws IOException {
        String named = System.getProperty("vhost.guest.qemu", "");
        if (!named.isEmpty()) {
            List<String> words = List.of(named.split(" ", -1));
            return HostProgram.installed(Path.of(words.getFirst())).plus(words.subList(1, words.size()));
        }
        return qemu("qemu-system-x86_64", List.of("-L", root + "/usr/share/seabios", "-L", root + "/usr/share/qemu"));
    }

    /// A program of QEMU's that knows images: `qemu-storage-daemon`, `qemu-img` or `qemu-nbd`.
    HostProgram qemuStorage(String name) throws IOException {
        return qemu(name, List.of());
    }

    /// The variables that let a program below the root find its libraries there.
    Map<String, String> libraryEnvironment() {
        return Map.of("LD_LIBRARY_PATH", libraryFolders().map(Path::toString).collect(Collectors.joining(":")));
    }

    private HostProgram qemu(String name, List<String> options) throws IOException {
        var installed = HostCommand.onPath(name);
        if (installed.isPresent()) {
            return HostProgram.installed(installed.get());
        }
        Path modules = libraryFolders()
                .map(folder -> folder.resolve("qemu"))
                .filter(Files::isDirectory)
                .findFirst()
                .orElse(root);
        return new HostProgram(
                guestProgram(name),
                options,
                Map.of(
                        "LD_LIBRARY_PATH",
                        libraryEnvironment().get("LD_LIBRARY_PATH"),
                        "QEMU_MODULE_DIR",
                        modules.toString()));
    }

    private Stream<Path> libraryFolders() {
        return Stream.of("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu/ceph")
                .map(root::resolve);
    }

    private static boolean startsWith(Path entry, String prefix) {
        return entry.getFileName().toString().startsWith(prefix);
    }

    /// The entry of a folder whose name begins so.
    static Path onlyEntry(Path folder, String prefix) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(entry -> startsWith(entry, prefix))
                    .findFirst()
                    .orElseThrow(() -> new IOException("nothing named " + prefix + "* in " + folder));
        }
    }
}

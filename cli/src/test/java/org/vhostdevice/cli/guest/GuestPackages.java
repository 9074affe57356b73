package org.vhostdevice.cli.guest;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/// The distribution's packages with guest kernels and the tools around them, unpacked below one directory and never
/// installed. They are fetched once: a stamp says which packages the directory holds. Several JVMs may ask at a time.
final class GuestPackages {
    private static final String SENTINEL = "user-mode-linux";
    private static final List<String> GUEST = List.of(
            SENTINEL, "linux-image-cloud-amd64", "busybox-static", "e2fsprogs", "xfsprogs", "btrfs-progs", "fio");
    private static final List<String> FILE_PROGRAMS =
            List.of("python3-minimal", "libpython3-stdlib", "git", "make", "rsync", "sqlite3", "tar");
    private static final List<String> SOCKET_PROGRAMS = List.of("socat", "ncat");
    private static final List<String> QEMU = List.of("qemu-system-x86", "qemu-system-common", "qemu-system-data");
    private static final List<String> FIRMWARE = List.of("seabios");
    private static final List<String> STORAGE = List.of("qemu-utils");
    private static final List<String> STORAGE_TOOLS = List.of("qemu-storage-daemon", "qemu-img", "qemu-nbd");

    /// Libraries that every host with a JDK has.
    private static final Set<String> PRESENT = Set.of("libc6", "libgcc-s1");

    private final Path directory;

    /// @param directory absolute path, made when it does not exist
    GuestPackages(Path directory) {
        this.directory = directory;
    }

    /// The root of the unpacked packages, fetched first when this directory does not hold them yet.
    ///
    /// @throws GuestUnavailableException if this host has no such packages or cannot reach them
    Path unpacked() throws IOException, GuestUnavailableException {
        synchronized (GuestPackages.class) {
            Files.createDirectories(directory);
            try (FileChannel channel = FileChannel.open(
                            directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock _ = channel.lock()) {
                fetchUnlessStamped();
                GuestPython.compile(GuestTools.in(root()));
            }
            return root();
        }
    }

    private Path root() {
        return directory.resolve("root");
    }

    private void fetchUnlessStamped() throws IOException, GuestUnavailableException {
        Path stamp = directory.resolve("stamp");
        List<String> wanted = wanted();
        String content = String.join("\n", wanted);
        if (Files.exists(stamp) && Files.readString(stamp).equals(content)) {
            return;
        }
        refuseForeignHost();
        Files.deleteIfExists(stamp);
        deleteTree(root());
        Path archive = directory.resolve("archive");
        deleteTree(archive);
        Files.createDirectories(archive);
        download(archive, wanted);
        unpack(archive);
        deleteTree(archive);
        Files.writeString(stamp, content);
    }

    private void refuseForeignHost() throws IOException, GuestUnavailableException {
        for (String tool : List.of("apt-get", "apt-cache", "dpkg", "dpkg-deb", "ldd")) {
            if (HostCommand.onPath(tool).isEmpty()) {
                throw new GuestUnavailableException("guests come from Debian packages and this host has no " + tool);
            }
        }
        String architecture = HostCommand.run(directory, List.of("dpkg", "--print-architecture"))
                .lastLine();
        if (!architecture.equals("amd64")) {
            throw new GuestUnavailableException("User Mode Linux is packaged for amd64, not for " + architecture);
        }
    }

    private static List<String> wanted() {
        List<String> packages = new ArrayList<>(GUEST);
        packages.addAll(FILE_PROGRAMS);
        packages.addAll(SOCKET_PROGRAMS);
        if (HostCommand.onPath("qemu-system-x86_64").isEmpty()) {
            packages.addAll(QEMU);
            packages.addAll(FIRMWARE);
        }
        if (STORAGE_TOOLS.stream().anyMatch(tool -> HostCommand.onPath(tool).isEmpty())) {
            packages.addAll(STORAGE);
        }
        return packages;
    }

    /// Tries the host's package lists, and lists of our own when those are missing or too old.
    private void download(Path archive, List<String> wanted) throws IOException, GuestUnavailableException {
        AptArchive host = AptArchive.ofHost(archive);
        if (host.offers(SENTINEL)) {
            try {
                download(host, wanted);
                return;
            } catch (GuestUnavailableException e) {
                System.err.println("guest tests: " + e.getMessage() + "; trying again with fresh package lists");
            }
        }
        AptArchive fresh = AptArchive.refreshed(archive);
        for (String name : wanted) {
            if (!fresh.offers(name)) {
                throw new GuestUnavailableException(
                        "the package archive of this host has no " + name + " or cannot be reached");
            }
        }
        download(fresh, wanted);
    }

    private static void download(AptArchive archive, List<String> wanted)
            throws IOException, GuestUnavailableException {
        archive.download(List.copyOf(closure(wanted, archive.dependencies(wanted))));
    }

    /// The wanted packages with the libraries they need; the kernel's and Python's packages are named by others that
    /// depend on them.
    private static Collection<String> closure(List<String> wanted, Map<String, List<String>> dependencies) {
        Set<String> closure = new TreeSet<>(wanted);
        Deque<String> next = new ArrayDeque<>(wanted);
        // Its optional parts need many more libraries, and none of them is used.
        next.remove("qemu-system-common");
        while (!next.isEmpty()) {
            for (String name : dependencies.getOrDefault(next.remove(), List.of())) {
                if (isPartOfGuest(name) && closure.add(name)) {
                    next.add(name);
                }
            }
        }
        return closure;
    }

    private static boolean isPartOfGuest(String name) {
        boolean library = name.startsWith("lib") || name.startsWith("zlib");
        return (library && !PRESENT.contains(name)) || name.startsWith("linux-image-") || name.startsWith("python3.");
    }

    private void unpack(Path archive) throws IOException, GuestUnavailableException {
        List<Path> packages;
        try (Stream<Path> files = Files.list(archive)) {
            packages = files.filter(file -> file.toString().endsWith(".deb")).toList();
        }
        for (Path file : packages) {
            HostCommand.Outcome outcome =
                    HostCommand.run(directory, List.of("dpkg-deb", "-x", file.toString(), root().toString()));
            if (!outcome.succeeded()) {
                throw new GuestUnavailableException("cannot unpack " + file + ": " + outcome.lastLine());
            }
        }
    }

    private static void deleteTree(Path top) throws IOException {
        if (!Files.exists(top)) {
            return;
        }
        try (Stream<Path> files = Files.walk(top)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}

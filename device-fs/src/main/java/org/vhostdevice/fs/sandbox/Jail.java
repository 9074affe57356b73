package org.vhostdevice.fs.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.Isolation;
import org.vhostdevice.core.sys.Mounts;

/// A root directory that holds the shared directory and what the JVM is made of, read-only, and nothing else.
final class Jail {
    /// Where the shared directory is in there.
    static final Path SHARED = Path.of("/shared");

    /// Directories of every Linux that hold nothing of the JVM. One of them is where the jail is mounted until
    /// it is the root.
    private static final List<Path> MOUNT_POINTS =
            Stream.of("/sys", "/mnt", "/media", "/srv", "/boot").map(Path::of).toList();

    private static final Path LOG = Path.of("/dev/log");

    private static final int LOCKED = Mounts.READ_ONLY | Mounts.NO_SET_UID | Mounts.NO_DEVICES;

    private final Path root;
    private final List<Path> shown = new ArrayList<>();

    private Jail(Path root) {
        this.root = root;
    }

    /// Puts the calling thread, and what it is started anew as, into a jail with namespaces of its own for
    /// mounts, network, host names and System V objects.
    ///
    /// @param directory what is shared
    /// @param log whether the socket of the host's log is in it too
    /// @throws IOException if the host refuses
    static void enter(Path directory, boolean log) throws IOException {
        Path absolute = directory.toAbsolutePath();
        Path workingDirectory = Path.of("").toAbsolutePath();
        List<Path> parts = ProgramFiles.parts();
        Jail jail = new Jail(mountPoint(parts, absolute));
        Isolation.unshare(Isolation.MOUNTS | Isolation.NETWORK | Isolation.IPC | Isolation.HOST_NAMES);
        Mounts.keepToThisNamespace();
        Mounts.mount("tmpfs", jail.root, Mounts.NO_SET_UID | Mounts.NO_DEVICES, "mode=755,size=1m");
        jail.show(absolute, SHARED);
        for (Path library : ProgramFiles.LIBRARIES) {
            jail.addLibraries(library);
        }
        for (Path part : parts) {
            jail.add(part);
        }
        for (Path device : ProgramFiles.DEVICES) {
            jail.show(device, device);
        }
        if (log && Files.exists(LOG)) {
            jail.show(LOG, LOG);
        }
        jail.addProcesses();
        Path _ = Files.createDirectories(jail.inside(workingDirectory));
        Mounts.restrict(jail.root, LOCKED);
        Mounts.changeRoot(jail.root);
        Isolation.changeDirectory(workingDirectory);
    }

    private static Path mountPoint(List<Path> parts, Path directory) throws IOException {
        Path real = directory.toRealPath();
        return MOUNT_POINTS.stream()
                .filter(Files::isDirectory)
                .filter(point -> !real.startsWith(point) && !directory.startsWith(point))
                .filter(point -> parts.stream().noneMatch(part -> part.startsWith(point)))
                .findFirst()
                .orElseThrow(() -> new IOException("--sandbox namespace needs one of the directories " + MOUNT_POINTS));
    }

    private void addLibraries(Path directory) throws IOException {
        if (Files.isSymbolicLink(directory)) {
            Path _ = Files.createSymbolicLink(prepared(directory), Files.readSymbolicLink(directory));
            shown.add(directory);
        } else if (Files.isDirectory(directory)) {
            add(directory);
        }
    }

    /// Shows a part of the host under its own name, unless it is a part of another.
    private void add(Path part) throws IOException {
        if (shown.stream().noneMatch(part::startsWith)) {
            show(part, part);
            lock(inside(part));
            shown.add(part);
        }
    }

    private static void lock(Path place) throws ErrnoException {
        try {
            Mounts.restrict(place, LOCKED);
        } catch (ErrnoException e) {
            Mounts.restrict(place, LOCKED | Mounts.NO_PROGRAMS); // what was so must stay so for others than root
        }
    }

    private void show(Path from, Path as) throws IOException {
        Path place = prepared(as);
        if (Files.isDirectory(from)) {
            Path _ = Files.createDirectories(place);
        } else if (!Files.exists(place)) {
            Path _ = Files.createFile(place);
        }
        Mounts.bind(from, place);
    }

    /// This process's own entry, by which descriptors are used.
    private void addProcesses() throws IOException {
        Path place = Files.createDirectories(inside(Path.of("/proc")));
        int flags = Mounts.NO_SET_UID | Mounts.NO_DEVICES | Mounts.NO_PROGRAMS;
        try {
            Mounts.mount("proc", place, flags, "hidepid=invisible,subset=pid");
        } catch (ErrnoException e) {
            // Users other than root may not, and Linux before 5.8 does not know how.
            Path self = Path.of("/proc", String.valueOf(ProcessHandle.current().pid()));
            Mounts.bind(self, Files.createDirectory(place.resolve("self")));
        }
    }

    /// A place in the jail, in a directory that is there.
    private Path prepared(Path path) throws IOException {
        Path place = inside(path);
        Path _ = Files.createDirectories(place.resolveSibling(""));
        return place;
    }

    private Path inside(Path path) {
        return root.resolve(Path.of("/").relativize(path));
    }
}

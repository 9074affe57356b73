package org.vhostdevice.fs.sandbox;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.vhostdevice.core.sys.Program;

/// What a confined process needs of the host besides the shared directory.
final class ProgramFiles {
    /// Where libraries are; some may be missing, or be symbolic links.
    static final List<Path> LIBRARIES = Stream.of("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64")
            .map(Path::of)
            .toList();

    /// Devices that are harmless.
    static final List<Path> DEVICES =
            Stream.of("/dev/null", "/dev/random", "/dev/urandom").map(Path::of).toList();

    private static final int LINK_DEPTH = 4;

    private ProgramFiles() {}

    /// What the JVM has read so far and will read: itself, its class path, and libraries wherever they are.
    static List<Path> parts() throws IOException {
        List<Path> parts = new ArrayList<>();
        Path home = Path.of(System.getProperty("java.home")).toAbsolutePath();
        parts.add(home);
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            parts.add(Path.of(entry).toAbsolutePath());
        }
        for (Path file : Program.mappedFiles()) {
            boolean library = String.valueOf(file.getFileName()).contains(".so");
            parts.add(library ? file.resolveSibling("") : file);
        }
        addLinksOutOf(home.resolve("conf"), parts);
        addLinksOutOf(home.resolve("lib"), parts);
        return parts.stream().map(Path::normalize).filter(Files::exists).toList();
    }

    /// Some distributions keep parts of their JDK elsewhere.
    private static void addLinksOutOf(Path folder, List<Path> parts) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder, LINK_DEPTH)) {
            for (Path link : files.filter(Files::isSymbolicLink).toList()) {
                parts.add(link.resolveSibling(Files.readSymbolicLink(link)));
            }
        }
    }
}

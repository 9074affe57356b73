package org.vhostdevice.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// A folder for files that nobody needs later, readable by this user only.
final class TemporaryFolder implements AutoCloseable {
    private final Path path = Files.createTempDirectory("vhost-device-");

    TemporaryFolder() throws IOException {}

    Path path() {
        return path;
    }

    /// Deletes the folder and the files in it.
    @Override
    public void close() throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(path)) {
            files = all.toList();
        }
        for (Path file : files) {
            Files.deleteIfExists(file);
        }
        Files.delete(path);
    }
}

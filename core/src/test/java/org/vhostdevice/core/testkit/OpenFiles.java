package org.vhostdevice.core.testkit;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/// Counts open descriptors of this process, to find those that are leaked.
public final class OpenFiles {
    private static final Path DESCRIPTORS = Path.of("/dev/fd");

    private OpenFiles() {}

    /// Counts all descriptors of this process.
    ///
    /// @return how many there are
    /// @throws IOException if the host does not list descriptors
    public static int count() throws IOException {
        try (Stream<Path> descriptors = Files.list(DESCRIPTORS)) {
            return (int) descriptors.count();
        }
    }

    /// Counts the descriptors that refer to one file, which nothing else in the process opens.
    ///
    /// @param file an existing file
    /// @return how many there are
    /// @throws IOException if the host does not list descriptors
    public static int of(Path file) throws IOException {
        int count = 0;
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(DESCRIPTORS)) {
            for (Path descriptor : descriptors) {
                if (Files.exists(descriptor) && Files.isSameFile(descriptor, file)) {
                    count++;
                }
            }
        }
        return count;
    }
}

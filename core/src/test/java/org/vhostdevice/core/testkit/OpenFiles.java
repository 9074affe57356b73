package org.vhostdevice.core.testkit;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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

    /// Lists the files below a folder that descriptors of this process refer to, where the host shows their names.
    ///
    /// @param folder whose files nothing else in the process opens
    /// @return a name for each descriptor, of removed files, too
    /// @throws IOException if the host does not list descriptors
    public static List<String> below(Path folder) throws IOException {
        try (Stream<Path> descriptors = Files.list(DESCRIPTORS)) {
            return descriptors
                    .filter(Files::isSymbolicLink)
                    .map(OpenFiles::target)
                    .filter(target -> target.startsWith(folder.toString()))
                    .toList();
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException e) {
            return ""; // closed meanwhile
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

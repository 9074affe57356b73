package org.vhostdevice.core.sys;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/// What this process has open and mapped.
final class OpenFiles {
    private OpenFiles() {}

    static long count() throws IOException {
        try (Stream<Path> fds = Files.list(Path.of("/dev/fd"))) {
            return fds.count();
        }
    }

    /// Mappings of shared memory; Linux only.
    static long sharedMappings() throws IOException {
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            return maps.filter(line -> line.startsWith("s", line.indexOf(' ') + 4))
                    .count();
        }
    }

    static boolean isOpen(int fd) {
        return Libc.fcntl(fd, 1, 0) >= 0;
    }

    static boolean isCloseOnExec(int fd) {
        return (Libc.fcntl(fd, 1, 0) & 1) != 0;
    }
}

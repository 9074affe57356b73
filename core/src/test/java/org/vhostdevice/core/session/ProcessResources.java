package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// What this process holds, as the host tells it.
///
/// @param descriptors open file descriptors, the one for looking included
/// @param mappings mappings of the guest memory that [StepFrontend] makes
record ProcessResources(long descriptors, long mappings) {
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
    private static final Path MAPPINGS = Path.of("/proc/self/maps");
    private static final Pattern GUEST_MEMORY = Pattern.compile("/memfd:guest|/dev/shm/vhost-");

    static ProcessResources now() throws IOException {
        return new ProcessResources(countDescriptors(), countMappings());
    }

    static long countDescriptors() throws IOException {
        assumeTrue(Files.isDirectory(DESCRIPTORS), "the host lists descriptors");
        try (Stream<Path> open = Files.list(DESCRIPTORS)) {
            return open.count();
        }
    }

    static long countMappings() throws IOException {
        assumeTrue(Files.isReadable(MAPPINGS), "the host lists mappings");
        try (Stream<String> lines = Files.lines(MAPPINGS)) {
            return lines.filter(GUEST_MEMORY.asPredicate()).count();
        }
    }
}

package org.vhostdevice.cli.guest;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// An ahead-of-time cache for the program of this build, as the launcher makes one, so that its many starts in the
/// tests are those of an installed program.
final class StartCache {
    private static List<String> options = List.of();

    private StartCache() {}

    /// Options by which the JVM takes the cache, which is made on first use.
    ///
    /// @param java the JVM
    /// @param jar the program
    static synchronized List<String> options(Path java, Path jar) {
        if (options.isEmpty()) {
            try {
                options = List.of("-XX:+UseSerialGC", "-XX:AOTCache=" + make(java, jar));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return options;
    }

    private static Path make(Path java, Path jar) throws IOException {
        Path folder = Files.createTempDirectory("aot");
        folder.toFile().deleteOnExit();
        Path cache = folder.resolve("vhost-device.aot");
        cache.toFile().deleteOnExit();
        List<String> words = new ArrayList<>(List.of(java.toString(), "-XX:+UseSerialGC"));
        words.addAll(List.of("-XX:AOTCacheOutput=" + cache, "-jar", jar.toString()));
        // What is read and linked in this run need not be in later ones: it ends when its socket cannot be had.
        words.addAll(List.of("blk", "--memory", "1M", "--socket", "/dev/null/none"));
        Process process = new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(new File("/dev/null"))
                .start();
        process.onExit().join();
        return cache;
    }
}

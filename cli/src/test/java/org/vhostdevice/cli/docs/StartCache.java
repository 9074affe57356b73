package org.vhostdevice.cli.docs;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.vhostdevice.cli.guest.HostProgram;

/// An ahead-of-time cache for the program of this build, as the launcher makes one, so that its many starts in the
/// tests are those of an installed program.
final class StartCache {
    private static Path cache;

    private StartCache() {}

    /// The cache, made on first use.
    static synchronized Path of(HostProgram program) throws IOException {
        if (cache == null) {
            Path folder = Files.createTempDirectory("aot");
            Path file = folder.resolve("vhost-device.aot");
            file.toFile().deleteOnExit();
            List<String> words = new ArrayList<>(List.of(program.path().toString()));
            words.addAll(List.of("-XX:+UseSerialGC", "-XX:AOTCacheOutput=" + file));
            words.addAll(program.options());
            // What is read and linked in this run need not be in later ones: it ends when its socket cannot be had.
            words.addAll(List.of("blk", "--memory", "1M", "--socket", "/dev/null/none"));
            Process process = new ProcessBuilder(words)
                    .redirectErrorStream(true)
                    .redirectOutput(new File("/dev/null"))
                    .start();
            process.onExit().join();
            cache = file;
        }
        return cache;
    }
}

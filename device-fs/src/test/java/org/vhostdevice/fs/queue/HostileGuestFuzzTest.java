package org.vhostdevice.fs.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.vhostdevice.fs.fuse.CachePolicy;
import org.vhostdevice.fs.fuse.FuseOptions;
import org.vhostdevice.fs.fuse.FuseOptions.Ability;
import org.vhostdevice.fs.fuse.FuseOptions.Readdirplus;
import org.vhostdevice.fs.fuse.FuseServer;
import org.vhostdevice.fs.passthrough.PassthroughFileSystem;
import org.vhostdevice.fs.passthrough.PassthroughOptions;

/// A whole device without its socket, with a [HostileGuest]: every request comes back, nothing outside the shared
/// directory changes, and nothing is left of a session.
class HostileGuestFuzzTest {
    private static final Path MEMORY = Path.of("/dev/shm");
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
    private static final String SECRET = "nobody reads or writes this";

    @FuzzTest
    void nothingOutsideChangesAndNothingIsLeft(byte[] input) throws Exception {
        Path folder = Files.isWritable(MEMORY)
                ? Files.createTempDirectory(MEMORY, "vhost-fs-fuzz")
                : Files.createTempDirectory("vhost-fs-fuzz");
        try {
            Path outside = Files.writeString(folder.resolve("out"), SECRET);
            Path share = Files.createDirectory(folder.resolve("share"));
            Files.writeString(share.resolve("a"), "content of a");
            Path _ = Files.createDirectory(share.resolve("dir"));
            Path _ = Files.createSymbolicLink(share.resolve("link"), Path.of("../out"));
            Set<Path> before = Set.copyOf(list(folder));
            long open = openFiles();
            run(share, input);
            assertEquals(SECRET, Files.readString(outside));
            assertEquals(before, Set.copyOf(list(folder)));
            assertEquals(open, openFiles(), "open files");
        } finally {
            delete(folder);
        }
    }

    private static void run(Path share, byte[] input) throws Exception {
        Set<Ability> abilities = EnumSet.complementOf(EnumSet.of(Ability.READONLY));
        FuseOptions options = new FuseOptions(CachePolicy.AUTO, Readdirplus.AUTO, abilities);
        LockWaits locks = new LockWaits();
        try (PassthroughFileSystem files = PassthroughFileSystem.open(PassthroughOptions.of(share))) {
            FuseServer server = new FuseServer(files, options);
            try (FsRig rig = new FsRig(server, locks, 1, 2);
                    FsRig urgent = new FsRig(server, locks, 0, 1)) {
                new HostileGuest(rig, urgent, input).run();
                rig.stop();
                urgent.stop();
                assertEquals(0, rig.inFlight() + urgent.inFlight());
            }
            server.reset();
            assertEquals(1, files.nodeCount());
        }
    }

    private static long openFiles() throws IOException {
        return Files.isDirectory(DESCRIPTORS) ? list(DESCRIPTORS).size() : 0;
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.toList();
        }
    }

    /// Deletes a folder, whatever permissions what is in it has.
    private static void delete(Path path) throws IOException {
        if (Files.isDirectory(path, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
            boolean _ = path.toFile().setReadable(true) && path.toFile().setWritable(true);
            boolean _ = path.toFile().setExecutable(true);
            for (Path each : list(path)) {
                delete(each);
            }
        }
        Files.delete(path);
    }
}

package org.vhostdevice.fs.passthrough;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.vhostdevice.fs.passthrough.Share.name;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.testkit.Seeded;
import org.vhostdevice.fs.vfs.AttributeChange;
import org.vhostdevice.fs.vfs.FileSystem;
import org.vhostdevice.fs.vfs.FsException;

@DisplayName("Nothing outside a shared directory is reached while another process moves names")
@ExtendWith(Seeded.class)
class EscapeTest {
    private static final int NODES = 200;
    private static final int FEW = 30_000;
    private static final int MANY = 3_000_000;
    private static final String SECRET = "outside";

    @TempDir
    Path folder;

    private Process swapper;
    private Share share;
    private final MemorySegment buffer = Arena.ofAuto().allocate(4096);

    @BeforeEach
    void start() throws IOException {
        Path outside = Files.createDirectories(folder.resolve("outside/d"));
        Files.writeString(outside.resolve("f"), SECRET);
        Files.writeString(folder.resolve("outside/f"), SECRET);
        Path root = Files.createDirectories(folder.resolve("shared"));
        Files.createDirectories(root.resolve("d/d"));
        Files.writeString(root.resolve("d/f"), "inside");
        Files.writeString(root.resolve("d/d/f"), "inside");
        Files.writeString(root.resolve("f"), "inside");
        Files.createSymbolicLink(root.resolve("dl"), Path.of("../outside"));
        Files.createSymbolicLink(root.resolve("fl"), Path.of("../outside/f"));
        Files.createSymbolicLink(root.resolve("d/l"), outside.toAbsolutePath());
        share = new Share(PassthroughOptions.of(root).with(new FdLimits(NODES / 4, 1000), FileHandleMode.PREFER));
        swapper = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Swapper.class.getName(),
                        root.toString(),
                        "d",
                        "dl",
                        "f",
                        "fl")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        assertEquals("swapping", swapper.inputReader().readLine());
    }

    @AfterEach
    void stop() {
        swapper.destroyForcibly();
        share.close();
    }

    @Test
    void fewOperations(RandomGenerator random) throws IOException {
        run(random, FEW);
    }

    @Test
    @Tag("slow")
    void manyOperations(RandomGenerator random) throws IOException {
        run(random, MANY);
    }

    private void run(RandomGenerator random, int operations) throws IOException {
        Set<String> before = outside();
        long[] nodes = new long[NODES];
        nodes[0] = FileSystem.ROOT;
        int done = 0;
        for (int i = 0; i < operations; i++) {
            int place = random.nextInt(1, NODES);
            long node = nodes[random.nextInt(NODES)];
            try {
                long found = operation(random, node == 0 ? FileSystem.ROOT : node);
                if (found != 0) {
                    share.system.forget(nodes[place], 1);
                    nodes[place] = found;
                }
                done++;
            } catch (FsException e) {
                // most often there is no such name, or it is of another type now
            }
        }
        assertTrue(swapper.isAlive());
        assertNotEquals(0, done);
        assertEquals(before, outside());
        assertEquals(SECRET, Files.readString(folder.resolve("outside/f")));
    }

    /// Does something that would show if it went wrong.
    ///
    /// @return a node that was looked up, or 0
    private long operation(RandomGenerator random, long node) throws FsException {
        String name = List.of("d", "f", "l", "dl", "fl", "n").get(random.nextInt(6));
        return switch (random.nextInt(10)) {
            case 0, 1, 2, 3 -> share.lookup(node, name);
            case 4 -> {
                long handle = share.system.open(share.caller, node, Share.O_RDWR, false);
                String text = share.read(handle, 0, 100);
                share.system.release(share.caller, node, handle);
                assertNotEquals(SECRET, text);
                yield 0;
            }
            case 5 -> {
                long made =
                        share.system.create(share.caller, node, name("n"), 0644, Share.O_RDWR | Share.O_TRUNC, false);
                long handle = share.caller.handle();
                share.write(handle, 0, "made");
                share.system.release(share.caller, made, handle);
                yield made;
            }
            case 6 -> {
                share.system.unlink(share.caller, node, name("n"));
                yield 0;
            }
            case 7 -> share.system.mkdir(share.caller, node, name("m"), 0755);
            case 8 -> {
                share.system.rmdir(share.caller, node, name("m"));
                yield 0;
            }
            default -> {
                share.change(node, AttributeChange.SIZE, 0, 6);
                share.system.getxattr(share.caller, node, name("user.x"), buffer);
                yield 0;
            }
        };
    }

    /// All that is outside, with what it is.
    private Set<String> outside() throws IOException {
        try (Stream<Path> all = Files.walk(folder.resolve("outside"))) {
            return all.map(path ->
                            path + " " + path.toFile().length() * (path.toFile().isFile() ? 1 : 0))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }
}

package org.vhostdevice.blk.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageTest {
    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void makeFile() throws IOException {
        file = folder.resolve("disk.img");
        Files.write(file, new byte[8192]);
    }

    private static ImageSpec writable(Path path) {
        return new ImageSpec(path, false, 0);
    }

    private static ImageSpec readOnly(Path path) {
        return new ImageSpec(path, true, 0);
    }

    private static ImageSpec created(Path path, long bytes) {
        return new ImageSpec(path, false, bytes);
    }

    /// Fails to open, with one line that names the image and all of the words.
    private void assertRefused(ImageSpec spec, int blockBytes, String... words) throws IOException {
        List<Path> before = files();
        IOException e = assertThrows(
                IOException.class, () -> Image.open(spec, blockBytes).close());
        String message = String.valueOf(e.getMessage());
        assertEquals(1, message.lines().count());
        assertTrue(message.contains(spec.path().toString()), message);
        for (String word : words) {
            assertTrue(message.contains(word), message);
        }
        assertEquals(before, files(), "nothing is created");
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.sorted().toList();
        }
    }

    @Test
    void opensAFileWithItsSize() throws IOException {
        try (Image image = Image.open(writable(file), 4096)) {
            assertEquals(8192, image.size());
            assertFalse(image.readOnly());
            image.flush();
        }
    }

    @Test
    void refusesWhatIsNotThere() throws IOException {
        assertRefused(writable(folder.resolve("none")), 512, "does not exist", "--create");
        assertRefused(readOnly(file.resolve("none")), 512, "does not exist");
    }

    @Test
    void refusesADirectory() throws IOException {
        assertRefused(writable(folder), 512, "directory");
        assertRefused(readOnly(folder), 512, "directory");
    }

    @Test
    void refusesWhatIsNeitherFileNorDisk() throws IOException {
        assertRefused(writable(Path.of("/dev/null")), 512, "neither a file nor a disk");
    }

    @Test
    void refusesAFifoWithoutWaitingForItsWriter() throws Exception {
        Path fifo = folder.resolve("fifo");
        assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());
        assertRefused(readOnly(fifo), 512, "neither a file nor a disk");
    }

    @Test
    void refusesAnEmptyFile() throws IOException {
        Path empty = Files.createFile(folder.resolve("empty"));
        assertRefused(writable(empty), 512, "empty");
    }

    @Test
    void refusesASizeThatIsNoMultipleOfTheBlockSize() throws IOException {
        Files.write(file, new byte[512 * 9]);
        assertRefused(writable(file), 4096, "4608", "4096");
        Image.open(writable(file), 512).close();
    }

    @Test
    void writerExcludesAllOthers() throws IOException {
        try (Image image = Image.open(writable(file), 512)) {
            assertFalse(image.readOnly());
            assertRefused(writable(file), 512, "in use", "--read-only");
            assertRefused(readOnly(file), 512, "in use");
        }
        Image.open(writable(file), 512).close();
    }

    @Test
    void readersExcludeWritersOnly() throws IOException {
        try (Image one = Image.open(readOnly(file), 512);
                Image two = Image.open(readOnly(file), 512)) {
            assertEquals(one.size(), two.size());
            assertRefused(writable(file), 512, "in use");
        }
    }

    @Test
    void createsASparseFileOfZeroes() throws IOException {
        Path fresh = folder.resolve("new.img");
        try (Image image = Image.open(created(fresh, 1L << 40), 4096)) {
            assertEquals(1L << 40, image.size());
        }
        assertEquals(1L << 40, Files.size(fresh));
    }

    @Test
    void createRefusesWhatExistsAndLeavesItAlone() throws IOException {
        Files.write(file, new byte[] {1, 2, 3});
        assertRefused(created(file, 4096), 512, "exists already", "--create");
        assertArrayEquals(new byte[] {1, 2, 3}, Files.readAllBytes(file));
        Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("target"));
        assertRefused(created(link, 4096), 512, "exists already");
    }

    @Test
    void createNeedsADirectory() throws IOException {
        assertRefused(created(folder.resolve("none/new.img"), 4096), 512, "directory does not exist");
    }

    @Test
    void createLeavesNoFileThatTheHostCannotHold() throws IOException {
        assertRefused(created(folder.resolve("huge.img"), Long.MAX_VALUE - 511), 512, "cannot have");
    }
}

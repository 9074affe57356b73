package org.vhostdevice.blk.storage;

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

class FileStorageTest {
    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void makeFile() throws IOException {
        file = folder.resolve("disk.img");
        Files.write(file, new byte[8192]);
    }

    private static FileSpec writable(Path path) {
        return new FileSpec(path, false);
    }

    private static FileSpec readOnly(Path path) {
        return new FileSpec(path, true);
    }

    private static FileSpec created(Path path, long bytes) {
        return new FileSpec(path, false, bytes, false, true, true);
    }

    /// Fails to open, with one line that names the image and all of the words.
    private void assertRefused(FileSpec spec, String... words) throws IOException {
        List<Path> before = files();
        IOException e =
                assertThrows(IOException.class, () -> FileStorage.open(spec).close());
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
        try (FileStorage image = FileStorage.open(writable(file))) {
            assertEquals(8192, image.size());
            assertFalse(image.readOnly());
            image.flush();
        }
    }

    @Test
    void refusesWhatIsNotThere() throws IOException {
        assertRefused(writable(folder.resolve("none")), "does not exist", "--create");
        assertRefused(readOnly(file.resolve("none")), "does not exist");
    }

    @Test
    void refusesADirectory() throws IOException {
        assertRefused(writable(folder), "directory");
        assertRefused(readOnly(folder), "directory");
    }

    @Test
    void refusesWhatIsNeitherFileNorDisk() throws IOException {
        assertRefused(writable(Path.of("/dev/null")), "neither a file nor a disk");
    }

    @Test
    void refusesAFifoWithoutWaitingForItsWriter() throws Exception {
        Path fifo = folder.resolve("fifo");
        assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());
        assertRefused(readOnly(fifo), "neither a file nor a disk");
    }

    @Test
    void writerExcludesAllOthers() throws IOException {
        try (FileStorage image = FileStorage.open(writable(file))) {
            assertFalse(image.readOnly());
            assertRefused(writable(file), "in use", "--read-only");
            assertRefused(readOnly(file), "in use");
        }
        FileStorage.open(writable(file)).close();
    }

    @Test
    void readersExcludeWritersOnly() throws IOException {
        try (FileStorage one = FileStorage.open(readOnly(file));
                FileStorage two = FileStorage.open(readOnly(file))) {
            assertEquals(one.size(), two.size());
            assertRefused(writable(file), "in use");
        }
    }

    @Test
    void createsASparseFileOfZeroes() throws IOException {
        Path fresh = folder.resolve("new.img");
        try (FileStorage image = FileStorage.open(created(fresh, 1L << 40))) {
            assertEquals(1L << 40, image.size());
        }
        assertEquals(1L << 40, Files.size(fresh));
    }

    @Test
    void createRefusesWhatExistsAndLeavesItAlone() throws IOException {
        Files.write(file, new byte[] {1, 2, 3});
        assertRefused(created(file, 4096), "exists already", "--create");
        assertArrayEquals(new byte[] {1, 2, 3}, Files.readAllBytes(file));
        Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("target"));
        assertRefused(created(link, 4096), "exists already");
    }

    @Test
    void createNeedsADirectory() throws IOException {
        assertRefused(created(folder.resolve("none/new.img"), 4096), "directory does not exist");
    }

    @Test
    void createLeavesNoFileThatTheHostCannotHold() throws IOException {
        assertRefused(created(folder.resolve("huge.img"), Long.MAX_VALUE - 511), "cannot have");
    }
}

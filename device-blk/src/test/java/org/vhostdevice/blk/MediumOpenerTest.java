package org.vhostdevice.blk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vhostdevice.blk.qcow2.Qcow2Image;
import org.vhostdevice.blk.storage.FileStorage;
import org.vhostdevice.blk.storage.ImageFormat;
import org.vhostdevice.blk.storage.ProbedRaw;
import org.vhostdevice.blk.storage.Storage;
import org.vhostdevice.core.memory.SegmentBuffers;

class MediumOpenerTest {
    private static final int SIZE = 1 << 20;
    private static final MediumOptions QCOW2 = TestOptions.of(ImageFormat.QCOW2, CacheMode.WRITEBACK);

    private final Arena arena = Arena.ofAuto();

    @TempDir
    private Path folder;

    private static Storage open(Medium medium, MediumOptions options) throws IOException {
        return MediumOpener.open(medium, options, 512);
    }

    private Path raw(String name, int value) throws IOException {
        byte[] content = new byte[SIZE];
        Arrays.fill(content, (byte) value);
        return Files.write(folder.resolve(name), content);
    }

    private static Medium file(Path path) {
        return new Medium.File(path, 0);
    }

    private byte[] read(Storage storage, long offset, int bytes) throws IOException {
        MemorySegment into = arena.allocate(bytes, 4096);
        storage.read(offset, new SegmentBuffers(into), 0, bytes);
        return into.toArray(ValueLayout.JAVA_BYTE);
    }

    private void write(Storage storage, long offset, int bytes, int value) throws IOException {
        MemorySegment from = arena.allocate(bytes, 4096).fill((byte) value);
        storage.write(offset, new SegmentBuffers(from), 0, bytes);
    }

    private static byte[] filled(int bytes, int value) {
        byte[] all = new byte[bytes];
        Arrays.fill(all, (byte) value);
        return all;
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.sorted().toList();
        }
    }

    @Test
    void rawImageIsGuardedUnlessItsFormatIsNamed() throws IOException {
        Path path = raw("a.img", 1);
        try (Storage storage = open(file(path), TestOptions.DEFAULT)) {
            assertInstanceOf(ProbedRaw.class, storage);
            assertArrayEquals(filled(512, 1), read(storage, 512, 512));
        }
        try (Storage storage = open(file(path), TestOptions.of(ImageFormat.RAW, CacheMode.WRITEBACK))) {
            assertInstanceOf(FileStorage.class, storage);
        }
        try (Storage storage = open(file(path), TestOptions.READ_ONLY)) {
            assertInstanceOf(FileStorage.class, storage, "nobody writes to it");
        }
    }

    @Test
    void qcow2ImageIsMadeFoundAndKept() throws IOException {
        Path path = folder.resolve("a.qcow2");
        try (Storage storage = open(new Medium.File(path, SIZE), QCOW2)) {
            assertEquals(SIZE, storage.size());
            write(storage, 4096, 8192, 7);
            storage.flush();
        }
        try (Storage storage = open(file(path), TestOptions.DEFAULT)) {
            assertInstanceOf(Qcow2Image.class, storage);
            assertArrayEquals(filled(8192, 7), read(storage, 4096, 8192));
            assertArrayEquals(filled(4096, 0), read(storage, 0, 4096));
        }
        try (Storage storage = open(file(path), TestOptions.of(ImageFormat.RAW, CacheMode.WRITEBACK))) {
            assertEquals('Q', read(storage, 0, 512)[0], "what the options say counts");
        }
    }

    @Test
    void newImageHasItsBackingFile() throws IOException {
        Path _ = raw("base.img", 5);
        Path path = folder.resolve("top.qcow2");
        try (Storage storage = open(new Medium.File(path, 2 * SIZE, "base.img"), QCOW2)) {
            assertArrayEquals(filled(512, 5), read(storage, 0, 512));
            assertArrayEquals(filled(512, 0), read(storage, SIZE, 512), "behind the end of the backing file");
            write(storage, 512, 512, 6);
        }
        assertArrayEquals(filled(SIZE, 5), Files.readAllBytes(folder.resolve("base.img")));
    }

    @Test
    void imageThatCannotBeMadeLeavesNothing() throws IOException {
        List<Path> before = files();
        Medium missing = new Medium.File(folder.resolve("top.qcow2"), SIZE, "none.img");
        assertThrows(IOException.class, () -> open(missing, QCOW2));
        Medium huge = new Medium.File(folder.resolve("huge.qcow2"), Long.MAX_VALUE & -512);
        assertThrows(IOException.class, () -> open(huge, QCOW2));
        assertEquals(before, files());
    }

    @ParameterizedTest
    @CsvSource({"VMDK, KDMV", "QED, QED", "VHDX, vhdxfile"})
    void foreignFormatsAreRefusedByName(ImageFormat format, String magic) throws IOException {
        Path path = raw("foreign", 0);
        byte[] content = Files.readAllBytes(path);
        byte[] first = magic.getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(first, 0, content, 0, first.length);
        Files.write(path, content);
        String message = assertThrows(IOException.class, () -> open(file(path), TestOptions.DEFAULT))
                .getMessage();
        assertTrue(message.contains(format.word()) && message.contains("--format raw"), message);
        open(file(path), TestOptions.of(ImageFormat.RAW, CacheMode.WRITEBACK)).close();
    }

    @Test
    void snapshotLeavesTheImageAloneAndNoFileBehind() throws IOException {
        Path path = raw("a.img", 1);
        try (Storage storage = open(file(path), TestOptions.SNAPSHOT)) {
            assertFalse(storage.readOnly());
            write(storage, 1024, 4096, 9);
            storage.writeZeroes(65_536, 65_536, true);
            storage.flush();
            assertArrayEquals(filled(4096, 9), read(storage, 1024, 4096));
            assertArrayEquals(filled(512, 1), read(storage, 0, 512));
            assertArrayEquals(filled(65_536, 0), read(storage, 65_536, 65_536));
        }
        assertArrayEquals(filled(SIZE, 1), Files.readAllBytes(path));
        try (Storage storage = open(file(path), TestOptions.SNAPSHOT)) {
            assertArrayEquals(filled(4096, 1), read(storage, 1024, 4096), "the next start sees the image");
        }
    }

    @Test
    void memoryIsEmptyAtFirstAndKeepsWhatIsWritten() throws IOException {
        try (Storage storage = open(new Medium.Memory(SIZE), TestOptions.DEFAULT)) {
            assertFalse(storage.waits());
            assertArrayEquals(filled(4096, 0), read(storage, 0, 4096));
            write(storage, 1000, 5000, 3);
            assertArrayEquals(filled(5000, 3), read(storage, 1000, 5000));
            storage.writeZeroes(1000, 100, false);
            assertArrayEquals(filled(100, 0), read(storage, 1000, 100));
            write(storage, 0, SIZE, 4);
            storage.writeZeroes(10, SIZE - 20, true);
            assertArrayEquals(filled(10, 4), read(storage, 0, 10));
            assertArrayEquals(filled(SIZE - 20, 0), read(storage, 10, SIZE - 20));
            assertArrayEquals(filled(10, 4), read(storage, SIZE - 10, 10));
            storage.discard(0, SIZE);
            assertArrayEquals(filled(10, 0), read(storage, 0, 10));
        }
    }

    @Test
    void qcow2PastThePageCacheKeepsWhatIsWritten() throws IOException {
        if (!DirectIo.works(folder)) {
            return;
        }
        Path path = folder.resolve("direct.qcow2");
        MediumOptions direct = TestOptions.of(ImageFormat.QCOW2, CacheMode.NONE);
        try (Storage storage = open(new Medium.File(path, SIZE), direct)) {
            write(storage, 0, 65_536, 1);
            write(storage, 512, 512, 2);
            storage.flush();
        }
        try (Storage storage = open(file(path), direct)) {
            assertArrayEquals(filled(512, 1), read(storage, 0, 512));
            assertArrayEquals(filled(512, 2), read(storage, 512, 512));
        }
    }
}

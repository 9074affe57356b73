package org.vhostdevice.blk.qcow2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Which backing files are opened, and how.
class BackingTest {
    private final Map<Path, byte[]> files = new HashMap<>();
    private final List<MemoryStorage> opened = new ArrayList<>();

    private void image(String name, String backing, String format) throws IOException {
        MemoryStorage file = MemoryStorage.empty();
        Qcow2CreateOptions options = Qcow2CreateOptions.of(1 << 20);
        Qcow2Image.create(file, backing == null ? options : options.over(backing, format));
        files.put(Path.of(name), file.contents());
    }

    private Qcow2Image open(String name) throws IOException {
        Path path = Path.of(name);
        return Qcow2Image.open(new MemoryStorage(files.get(path), false), Qcow2Options.of(path, false), wanted -> {
            if (!files.containsKey(wanted)) {
                throw new IOException("no " + wanted);
            }
            opened.add(new MemoryStorage(files.get(wanted), true));
            return opened.getLast();
        });
    }

    private void assertRefused(String why) {
        var refusal = assertThrows(IOException.class, () -> open("dir/top"));
        assertTrue(refusal.getMessage().contains(why), refusal::getMessage);
        assertTrue(opened.stream().allMatch(MemoryStorage::closed), "what was opened is closed");
    }

    @Test
    void namesAreRelativeToTheFolderOfTheImageThatHasThem() throws Exception {
        image("dir/top", "sub/middle", "qcow2");
        image("dir/sub/middle", "../base", "raw");
        files.put(Path.of("dir/sub/../base"), new byte[] {1, 2, 3});
        try (Qcow2Image disk = open("dir/top")) {
            assertArrayEquals(new byte[] {1, 2, 3, 0}, Images.read(disk, 0, 4));
            Images.write(disk, 1, new byte[] {9});
            assertArrayEquals(new byte[] {1, 9, 3, 0}, Images.read(disk, 0, 4));
        }
        assertEquals(2, opened.size());
        assertTrue(opened.stream().allMatch(MemoryStorage::closed));
    }

    @Test
    void anImageThatIsItsOwnBackingFileIsRefused() throws Exception {
        image("dir/top", "middle", "qcow2");
        image("dir/middle", "./top", "qcow2");
        assertRefused("its own backing file");
    }

    @Test
    void aChainWithoutEndIsRefused() throws Exception {
        image("dir/top", "0", "qcow2");
        for (int i = 0; i < 300; i++) {
            image("dir/" + i, Integer.toString(i + 1), "qcow2");
        }
        assertRefused("longer than");
    }

    @Test
    void aNameWithANullByteIsRefused() throws Exception {
        image("dir/top", "ba\0se", "raw");
        assertRefused("not valid");
    }

    @ParameterizedTest
    @ValueSource(strings = {"json:{}", "nbd://host/x", "http://x", "file:"})
    void aNameThatIsNotAFileIsRefused(String name) throws Exception {
        image("dir/top", name, "raw");
        assertRefused("not a file's name");
    }

    @Test
    void aFormatThatIsNotKnownIsRefused() throws Exception {
        image("dir/top", "base", "vmdk");
        files.put(Path.of("dir/base"), new byte[512]);
        assertRefused("vmdk");
    }

    @Test
    void aFileThatIsMissingIsNamed() throws Exception {
        image("dir/top", "base", "raw");
        assertRefused("base");
    }

    @Test
    void aFormatThatIsNotNamedIsGuessedButNoBackingFileOfItIsOpened() throws Exception {
        image("dir/top", "base", "raw");
        ByteBuffer.wrap(files.get(Path.of("dir/top"))).putInt(112, 0x11111111); // another extension instead
        files.put(Path.of("dir/base"), new byte[] {4});
        try (Qcow2Image disk = open("dir/top")) {
            assertArrayEquals(new byte[] {4}, Images.read(disk, 0, 1));
        }
        image("dir/base", null, null);
        try (Qcow2Image disk = open("dir/top")) {
            assertArrayEquals(new byte[] {0}, Images.read(disk, 0, 1));
        }
        image("dir/base", "/etc/passwd", "raw");
        assertRefused("name the format");
    }
}

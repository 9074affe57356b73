package org.vhostdevice.blk.qcow2;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.vhostdevice.blk.storage.DirectStorage;
import org.vhostdevice.blk.storage.Storage;

/// A disk in an image and what it is to hold, changed alike.
final class ImageModel {
    static final Path PATH = Path.of("folder", "disk.qcow2");

    private final byte[] backing;
    private MemoryStorage file;
    private Qcow2Image disk;
    private byte[] model;
    private byte[] snapshot;
    private int cacheBytes; // at first two tables each: everything is evicted all the time

    /// An image over a backing file, empty if there is to be none.
    ImageModel(Qcow2CreateOptions options, byte[] backing) throws IOException {
        this.backing = backing;
        this.model = Arrays.copyOf(backing, (int) options.size());
        this.file = MemoryStorage.empty();
        Qcow2Image.create(file, backing.length == 0 ? options : options.over("base.raw", "raw"));
        open();
    }

    /// An image that exists.
    ImageModel(MemoryStorage file, byte[] expected, byte[] backing) throws IOException {
        this.model = expected;
        this.backing = backing;
        this.file = file;
        open();
    }

    Qcow2Image disk() {
        return disk;
    }

    MemoryStorage file() {
        return file;
    }

    byte[] model() {
        return model;
    }

    void open() throws IOException {
        var options = new Qcow2Options(PATH, false, cacheBytes, cacheBytes);
        disk = Qcow2Image.open(file, options, path -> new MemoryStorage(backing.clone(), true));
    }

    /// Takes the image's one snapshot.
    void snapshot() throws IOException {
        disk.close();
        SnapshotMaker.take(file);
        snapshot = model.clone();
        open();
    }

    /// Gives its caches so many bytes each when it is opened again.
    void cacheBytes(int bytes) {
        cacheBytes = bytes;
    }

    byte[] backing() {
        return backing;
    }

    void reopen() throws IOException {
        disk.close();
        file = new MemoryStorage(file.contents(), false);
        open();
    }

    void write(RandomGenerator random, int most) throws IOException {
        int[] range = range(random, most);
        byte[] bytes = new byte[range[1]];
        random.nextBytes(bytes);
        Images.write(disk, range[0], bytes);
        System.arraycopy(bytes, 0, model, range[0], range[1]);
    }

    /// One random change.
    void change(RandomGenerator random, int most) throws IOException {
        switch (random.nextInt(8)) {
            case 0 -> {
                int[] range = range(random, 4 * most);
                disk.writeZeroes(range[0], range[1], random.nextBoolean());
                Arrays.fill(model, range[0], range[0] + range[1], (byte) 0);
            }
            case 1 -> {
                int[] range = range(random, 4 * most);
                disk.discard(range[0], range[1]);
                byte[] now = Images.read(disk, range[0], range[1]);
                for (int i = 0; i < now.length; i++) {
                    if (now[i] != model[range[0] + i]) {
                        assertEquals(0, now[i], "what was discarded is zeros or what it was");
                        model[range[0] + i] = 0;
                    }
                }
            }
            case 2 -> disk.flush();
            case 3 -> {
                if (random.nextInt(4) == 0) {
                    grow(random, most);
                }
            }
            default -> write(random, most);
        }
    }

    private void grow(RandomGenerator random, int most) throws IOException {
        int bytes = model.length + random.nextInt(most);
        disk.resize(bytes);
        model = Arrays.copyOf(model, bytes);
    }

    private int[] range(RandomGenerator random, int most) {
        int at = random.nextInt(model.length);
        int bytes = random.nextInt(1, Math.min(most, model.length - at) + 1);
        if (random.nextBoolean()) {
            at &= -512;
        }
        return new int[] {at, bytes};
    }

    void check() throws IOException {
        byte[] actual = Images.readAll(disk);
        Images.assertSame(model, actual);
        Images.assertExtentsTrue(disk, actual);
        checkLocate();
    }

    /// What is found directly holds what the disk holds.
    private void checkLocate() throws IOException {
        int use = disk.enter();
        byte[] contents = file.contents();
        for (int at = 0; at < model.length; at += 512) {
            int bytes = Math.min(4096, model.length - at);
            long host = disk.locate(at, bytes, false);
            if (host != DirectStorage.ELSEWHERE) {
                int where = Arrays.mismatch(contents, (int) host, (int) host + bytes, model, at, at + bytes);
                assertEquals(-1, where, "what is located");
            }
        }
        disk.leave(use);
    }

    /// Closes the image: it has neither errors nor leaks.
    void close() throws IOException {
        disk.close();
        assertSound(file, true);
        assertSnapshot(file);
    }

    /// The snapshot, if there is one, holds what the disk did.
    void assertSnapshot(MemoryStorage image) throws IOException {
        if (snapshot != null) {
            Images.assertSame(snapshot, SnapshotMaker.contents(image, backing));
        }
    }

    static void assertSound(Storage file, boolean withoutLeaks) throws IOException {
        Qcow2Check check = Qcow2Check.of(file);
        assertEquals(List.of(), check.errors());
        if (withoutLeaks) {
            assertEquals(0, check.leaks(), "leaks");
        }
    }
}

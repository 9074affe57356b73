package org.vhostdevice.blk.qcow2;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.testkit.Seeded;

/// Images that QEMU made read as QEMU reads them.
@ExtendWith(Seeded.class)
class QemuImagesTest {
    private static final int KIB = 1 << 10;

    @TempDir
    private Path folder;

    @BeforeAll
    static void qemuIsThere() {
        QemuTools.assume();
    }

    @RepeatedTest(8)
    void imagesOfRandomOptionsReadAsQemuReadsThem(RandomGenerator random) throws Exception {
        Path image = create(random, "disk.qcow2", null);
        assertReadsAlike(image);
        fill(random, image);
        assertReadsAlike(image);
    }

    @RepeatedTest(4)
    void chainsOfBackingFilesReadAsQemuReadsThem(RandomGenerator random) throws Exception {
        Path raw = folder.resolve("base.raw");
        byte[] bytes = new byte[random.nextInt(1, 1200) * 512];
        fillCompressible(random, bytes);
        Files.write(raw, bytes);
        Path middle = create(random, "middle.qcow2", "base.raw");
        fill(random, middle);
        Path top = create(random, "top.qcow2", "middle.qcow2");
        fill(random, top);
        assertReadsAlike(top);
    }

    @RepeatedTest(6)
    void compressedImagesReadAsQemuReadsThem(RandomGenerator random) throws Exception {
        byte[] bytes = new byte[random.nextInt(1, 3000) * 512];
        fillCompressible(random, bytes);
        Path raw = Files.write(folder.resolve("base.raw"), bytes);
        Path image = folder.resolve("packed.qcow2");
        String type = random.nextBoolean() ? "zlib" : "zstd";
        int bits = random.nextInt(9, 22);
        QemuTools.img(
                "convert",
                "-c",
                "-f",
                "raw",
                "-O",
                "qcow2",
                "-o",
                "compression_type=" + type + ",cluster_size=" + (1 << bits),
                raw,
                image);
        assertReadsAlike(image);
    }

    @RepeatedTest(3)
    void snapshotsAreLeftOutOfTheDisk(RandomGenerator random) throws Exception {
        Path image = create(random, "disk.qcow2", null);
        fill(random, image);
        QemuTools.img("snapshot", "-c", "first", image);
        fill(random, image);
        QemuTools.img("snapshot", "-c", "second", image);
        fill(random, image);
        assertReadsAlike(image);
    }

    private Path create(RandomGenerator random, String name, String backing) throws Exception {
        Path image = folder.resolve(name);
        List<Object> command = new ArrayList<>(List.of("create", "-f", "qcow2", "-o", options(random, 2)));
        if (backing != null) {
            command.addAll(List.of("-b", backing, "-F", backing.endsWith("raw") ? "raw" : "qcow2"));
        }
        command.addAll(List.of(image, random.nextInt(1, 3000) * 512));
        QemuTools.img(command.toArray());
        return image;
    }

    static String options(RandomGenerator random, int leastRefcountOrder) {
        if (random.nextInt(4) == 0) {
            return "compat=0.10,cluster_size=" + (1 << random.nextInt(9, 18));
        }
        boolean extended = random.nextBoolean();
        int bits = random.nextInt(extended ? 14 : 9, 18);
        return "compat=1.1,cluster_size=" + (1 << bits) + ",extended_l2=" + (extended ? "on" : "off")
                + ",lazy_refcounts=" + (random.nextBoolean() ? "on" : "off")
                + ",refcount_bits=" + (1 << random.nextInt(leastRefcountOrder, 7));
    }

    static void fill(RandomGenerator random, Path image) throws Exception {
        long size = sizeOf(image) / 512;
        List<Object> commands = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            long at = random.nextLong(size);
            long count = random.nextLong(1, Math.min(size - at, 300) + 1);
            String range = " " + at * 512 + " " + count * 512;
            commands.add("-c");
            commands.add(
                    switch (random.nextInt(5)) {
                        case 0 -> "write -z -u" + range;
                        case 1 -> "write -z" + range;
                        case 2 -> "discard" + range;
                        default -> "write -P " + random.nextInt(256) + range;
                    });
        }
        commands.add(image);
        QemuTools.io(commands.toArray());
    }

    static void fillCompressible(RandomGenerator random, byte[] bytes) {
        for (int at = 0; at < bytes.length; ) {
            int count = Math.min(random.nextInt(1, 16 * KIB), bytes.length - at);
            int kind = random.nextInt(4);
            for (int i = 0; i < count; i++) {
                bytes[at + i] = (byte)
                        switch (kind) {
                            case 0 -> 0;
                            case 1 -> random.nextInt();
                            case 2 -> "the quick brown fox jumps over ".charAt((i * 7 + i / 100) % 31);
                            default -> random.nextInt(8) * random.nextInt(4) * (i % 37);
                        };
            }
            at += count;
        }
    }

    private static long sizeOf(Path image) throws IOException {
        try (Qcow2Image disk = open(image)) {
            return disk.size();
        }
    }

    private static Qcow2Image open(Path image) throws IOException {
        return Qcow2Image.open(MemoryStorage.of(image), Qcow2Options.of(image, true), MemoryStorage.opener());
    }

    private static void assertReadsAlike(Path image) throws Exception {
        byte[] expected = QemuTools.contents(image);
        try (Qcow2Image disk = open(image)) {
            byte[] actual = Images.readAll(disk);
            Images.assertSame(expected, actual);
            Images.assertExtentsTrue(disk, actual);
            assertTrue(disk.readOnly());
        }
    }
}

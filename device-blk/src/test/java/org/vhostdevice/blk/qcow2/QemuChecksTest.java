package org.vhostdevice.blk.qcow2;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.testkit.Seeded;

/// Images that were made or changed here are sound to QEMU's check, and hold what they should.
@ExtendWith(Seeded.class)
class QemuChecksTest {
    @TempDir
    private Path folder;

    @BeforeAll
    static void qemuIsThere() {
        QemuTools.assume();
    }

    @RepeatedTest(8)
    void anImageMadeHereIsSound(RandomGenerator random) throws Exception {
        List<RandomImageTest.Kind> kinds = RandomImageTest.kinds().toList();
        RandomImageTest.Kind kind = kinds.get(random.nextInt(kinds.size()));
        int size = kind.cluster() * random.nextInt(4, 60) + random.nextInt(kind.cluster() / 512) * 512;
        byte[] backing = new byte[kind.backed() ? random.nextInt(1, size + kind.cluster()) : 0];
        random.nextBytes(backing);
        Files.write(folder.resolve("base.raw"), backing);
        ImageModel image = new ImageModel(kind.options(size), backing);
        for (int i = 0; i < 60; i++) {
            image.change(random, 3 * kind.cluster());
        }
        image.close();
        Path file = Files.write(folder.resolve("disk.qcow2"), image.file().contents());
        QemuTools.img("check", file);
        assertHolds(image.model(), QemuTools.contents(file));
    }

    @RepeatedTest(8)
    void anImageOfQemuThatIsChangedHereIsSoundAndKeepsItsSnapshots(RandomGenerator random) throws Exception {
        Path file = folder.resolve("disk.qcow2");
        int size = random.nextInt(100, 3000) * 512;
        QemuTools.img("create", "-f", "qcow2", "-o", QemuImagesTest.options(random, 4), file, size);
        QemuImagesTest.fill(random, file);
        if (random.nextBoolean()) {
            Path packed = folder.resolve("packed.qcow2");
            QemuTools.img("convert", "-c", "-O", "qcow2", "-o", QemuImagesTest.options(random, 4), file, packed);
            Files.move(packed, file, StandardCopyOption.REPLACE_EXISTING);
        }
        QemuTools.img("snapshot", "-c", "first", file);
        byte[] first = QemuTools.contents(file);
        QemuImagesTest.fill(random, file);
        QemuTools.img("snapshot", "-c", "second", file);
        byte[] second = QemuTools.contents(file);
        if (random.nextBoolean()) {
            QemuImagesTest.fill(random, file);
        }
        byte[] expected = QemuTools.contents(file);
        ImageModel image = new ImageModel(MemoryStorage.of(file), expected, new byte[0]);
        image.check();
        for (int i = 0; i < 60; i++) {
            image.change(random, 100_000);
        }
        image.check();
        image.close();
        Files.write(file, image.file().contents());
        QemuTools.img("check", file);
        assertHolds(image.model(), QemuTools.contents(file));
        assertSnapshot(file, "first", first);
        assertSnapshot(file, "second", second);
    }

    @RepeatedTest(4)
    void anImageWhosePowerWasCutHasNoErrorsAndNoLeaksOnceItWasOpenedAndClosed(RandomGenerator random) throws Exception {
        List<RandomImageTest.Kind> kinds = RandomImageTest.kinds()
                .filter(kind -> !kind.lazy() && !kind.backed() && kind.refcountBits() > 2)
                .toList();
        RandomImageTest.Kind kind = kinds.get(random.nextInt(kinds.size()));
        ImageModel image = new ImageModel(kind.options(kind.cluster() * 40L), new byte[0]);
        image.write(random, 3 * kind.cluster());
        image.snapshot();
        byte[] start = image.file().contents();
        image.reopen();
        image.file().startLog();
        for (int i = 0; i < 60; i++) {
            image.change(random, 3 * kind.cluster());
        }
        List<MemoryStorage.Op> log = image.file().log();
        Path file = folder.resolve("cut.qcow2");
        for (int i = 0; i < 6; i++) {
            Files.write(file, PowerCut.after(start, log, random.nextInt(log.size() + 1), random));
            QemuTools.assertSound(file);
            if (kind.version() < 3) {
                continue;
            }
            MemoryStorage cut = MemoryStorage.of(file);
            new ImageModel(cut, new byte[0], new byte[0]).disk().close();
            Files.write(file, cut.contents());
            QemuTools.img("check", file);
        }
    }

    private void assertSnapshot(Path file, String name, byte[] expected) throws Exception {
        Path raw = folder.resolve(name + ".raw");
        QemuTools.img("convert", "-l", name, "-O", "raw", file, raw);
        Images.assertSame(expected, Arrays.copyOf(Files.readAllBytes(raw), expected.length));
    }

    /// QEMU knows of whole sectors only.
    private static void assertHolds(byte[] expected, byte[] found) {
        Images.assertSame(Arrays.copyOf(expected, expected.length & -512), found);
    }
}

package org.vhostdevice.blk.qcow2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.vhostdevice.core.testkit.Seeded;

/// Whenever the power is cut, the image opens, refers to nothing that it does not count, and holds what was flushed;
/// one that can be marked as dirty has lost no cluster once it was opened and closed.
@ExtendWith(Seeded.class)
class PowerCutTest {
    private static final int CUTS = 6;
    private static final int MANY_CUTS = 100;

    private RandomGenerator random;
    private static final int CHANGES = 40;

    /// What the disk held after a change.
    ///
    /// @param ops that had reached the file when the change returned
    /// @param flushed whether all of it was durable then
    private record Moment(int ops, byte[] contents, boolean flushed) {}

    static Stream<RandomImageTest.Kind> kinds() {
        return RandomImageTest.kinds()
                .filter(kind -> kind.refcountBits() == 16 || (kind.refcountBits() == 64 && !kind.lazy()));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void whatWasFlushedIsThereAndTheImageIsSound(RandomImageTest.Kind kind, RandomGenerator random) throws Exception {
        this.random = random;
        cut(kind, CUTS);
    }

    @ParameterizedTest
    @MethodSource("kinds")
    @Tag("slow")
    void manyCuts(RandomImageTest.Kind kind, RandomGenerator random) throws Exception {
        this.random = random;
        cut(kind, MANY_CUTS);
    }

    private void cut(RandomImageTest.Kind kind, int cuts) throws Exception {
        // Small clusters: many L2 tables, and more reference counts than the first refcount table has.
        int size = kind.cluster() * (kind.cluster() == 512 ? random.nextInt(1000, 3000) : random.nextInt(10, 40));
        int most = kind.cluster() == 512 ? 150 * 512 : 3 * kind.cluster();
        byte[] backing = new byte[kind.backed() ? random.nextInt(1, size + kind.cluster()) : 0];
        random.nextBytes(backing);
        ImageModel image = new ImageModel(kind.options(size), backing);
        for (int i = 0; i < 10; i++) {
            image.write(random, most);
        }
        if (random.nextBoolean()) {
            image.snapshot();
        }
        image.disk().close();
        byte[] start = image.file().contents();
        image.cacheBytes(random.nextInt(3) == 0 ? 0 : 1 << 20); // metadata is written all the time, or when flushed
        image.reopen();
        image.file().startLog();
        List<Moment> moments = new ArrayList<>();
        moments.add(new Moment(0, image.model().clone(), true));
        for (int i = 0; i < CHANGES; i++) {
            boolean flush = random.nextInt(6) == 0;
            if (flush) {
                image.disk().flush();
            } else {
                image.change(random, most);
            }
            moments.add(new Moment(image.file().log().size(), image.model().clone(), flush));
        }
        image.disk().close();
        List<MemoryStorage.Op> log = image.file().log();
        for (int i = 0; i < cuts; i++) {
            int count = i % 2 == 0 ? random.nextInt(log.size() + 1) : beforeAFlush(log, random);
            assertSurvives(PowerCut.after(start, log, count, random), moments, count, image);
        }
    }

    private void assertSurvives(byte[] disk, List<Moment> moments, int count, ImageModel cut) throws Exception {
        MemoryStorage file = new MemoryStorage(disk, false);
        Header header = header(file);
        boolean marked = header.version() >= 3;
        if (!header.lazyRefcounts() || !header.has(Feature.DIRTY)) {
            ImageModel.assertSound(file, marked && !header.has(Feature.DIRTY));
        }
        if (header.has(Feature.DIRTY)) {
            file = new MemoryStorage(cutInRepair(disk, cut, random), false);
        }
        ImageModel image = new ImageModel(file, new byte[0], cut.backing());
        byte[] found = Images.readAll(image.disk());
        assertPossible(found, moments, count);
        image.disk().close();
        ImageModel.assertSound(file, marked);
        cut.assertSnapshot(file);
        assertEquals(false, header(file).has(Feature.DIRTY), "dirty after a clean close");
    }

    /// Cuts the power again while a dirty image is being repaired.
    private static byte[] cutInRepair(byte[] disk, ImageModel cut, RandomGenerator random) throws Exception {
        MemoryStorage file = new MemoryStorage(disk.clone(), false);
        file.startLog();
        new ImageModel(file, new byte[0], cut.backing()).disk().close();
        List<MemoryStorage.Op> log = file.log();
        return PowerCut.after(disk, log, random.nextInt(log.size() + 1), random);
    }

    /// Fills a disk whose reference counts need more tables, and cuts while the header is being changed.
    @Test
    void aRefcountTableThatMovesIsOneOrTheOther(RandomGenerator random) throws Exception {
        this.random = random;
        var options = new Qcow2CreateOptions(5 << 20, 3, 512, 64, false, false, false, null, null);
        ImageModel image = new ImageModel(options, new byte[0]);
        image.cacheBytes(1 << 20);
        image.reopen();
        byte[] start = image.file().contents();
        image.file().startLog();
        List<Moment> moments =
                new ArrayList<>(List.of(new Moment(0, image.model().clone(), true)));
        for (int at = 0; at < 5 << 20; at += 1 << 18) {
            byte[] bytes = new byte[1 << 18];
            random.nextBytes(bytes);
            Images.write(image.disk(), at, bytes);
            System.arraycopy(bytes, 0, image.model(), at, bytes.length);
            image.disk().flush();
            moments.add(new Moment(image.file().log().size(), image.model().clone(), true));
        }
        List<MemoryStorage.Op> log = image.file().log();
        int cuts = 0;
        for (int i = 0; i < log.size(); i++) {
            if (log.get(i) instanceof MemoryStorage.Op.Write write && write.offset() == 0) {
                for (int again = 0; again < 4; again++, cuts++) {
                    assertSurvives(PowerCut.after(start, log, i + 1, random), moments, i + 1, image);
                }
            }
        }
        assertTrue(cuts > 0, "the table has moved");
    }

    /// Most is under way just before a flush.
    private static int beforeAFlush(List<MemoryStorage.Op> log, RandomGenerator random) {
        int count = random.nextInt(log.size());
        while (count < log.size() && !(log.get(count) instanceof MemoryStorage.Op.Flush)) {
            count++;
        }
        return count;
    }

    private static Header header(MemoryStorage file) throws Exception {
        return Header.read(new HostFile(file));
    }

    /// Each byte is what it was at the last flush, or what it became by a change since.
    private static void assertPossible(byte[] found, List<Moment> moments, int count) {
        int last = 0;
        for (int i = 0; i < moments.size(); i++) {
            last = moments.get(i).flushed && moments.get(i).ops <= count ? i : last;
        }
        boolean[] right = new boolean[found.length];
        for (int i = last; i < moments.size(); i++) {
            byte[] then = moments.get(i).contents;
            for (int at = 0; at < Math.min(found.length, then.length); at++) {
                right[at] |= found[at] == then[at];
            }
            if (moments.get(i).ops > count) {
                break;
            }
        }
        assertTrue(found.length >= moments.get(last).contents.length, "the disk's size");
        for (int at = 0; at < found.length; at++) {
            assertTrue(right[at], "byte " + at + " after " + count + " of the writes");
        }
    }
}

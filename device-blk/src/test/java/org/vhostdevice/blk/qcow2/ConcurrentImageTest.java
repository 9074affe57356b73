package org.vhostdevice.blk.qcow2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.vhostdevice.blk.storage.DirectStorage;
import org.vhostdevice.core.testkit.Seeded;

/// Threads that use one disk.
@ExtendWith(Seeded.class)
class ConcurrentImageTest {
    private static final int THREADS = 4;
    private static final int PIECE = 512;

    /// Each thread owns every fourth piece of 512 bytes, so all of them write into the same clusters.
    @RepeatedTest(6)
    void threadsThatWriteIntoTheSameClustersLoseNothing(RandomGenerator random) throws Exception {
        List<RandomImageTest.Kind> kinds = RandomImageTest.kinds()
                .filter(kind -> kind.refcountBits() == 16)
                .toList();
        RandomImageTest.Kind kind = kinds.get(random.nextInt(kinds.size()));
        int pieces = Math.max(kind.cluster() * 8, 64 << 10) / PIECE;
        byte[] backing = new byte[kind.backed() ? pieces * PIECE : 0];
        random.nextBytes(backing);
        ImageModel image = new ImageModel(kind.options((long) pieces * PIECE), backing);
        if (random.nextBoolean()) {
            for (int i = 0; i < 10; i++) {
                image.write(random, 3 * kind.cluster());
            }
            image.snapshot();
        }
        List<Callable<Void>> tasks = new ArrayList<>();
        for (int thread = 0; thread < THREADS; thread++) {
            int own = thread;
            var its = new SplittableRandom(random.nextLong());
            tasks.add(() -> {
                for (int i = 0; i < 100; i++) {
                    change(image, its, (its.nextInt(pieces / THREADS) * THREADS + own) * PIECE);
                }
                return null;
            });
        }
        runAll(tasks);
        image.check();
        image.close();
    }

    private static void change(ImageModel image, RandomGenerator random, int at) throws Exception {
        int use = image.disk().enter();
        byte[] found = Images.read(image.disk(), at, PIECE);
        for (int i = 0; i < PIECE; i++) {
            assertEquals(image.model()[at + i], found[i], "byte " + (at + i));
        }
        image.disk().leave(use);
        byte[] bytes = new byte[PIECE];
        switch (random.nextInt(8)) {
            case 0 -> image.disk().writeZeroes(at, PIECE, random.nextBoolean());
            case 1 -> {
                image.disk().flush();
                return;
            }
            default -> {
                random.nextBytes(bytes);
                Images.write(image.disk(), at, bytes);
            }
        }
        System.arraycopy(bytes, 0, image.model(), at, PIECE);
    }

    @Test
    void aClusterThatWasGivenUpIsNotUsedForOthersWhileItIsRead() throws Exception {
        ImageModel image = new ImageModel(Qcow2CreateOptions.of(4 << 20), new byte[0]);
        Qcow2Image disk = image.disk();
        byte[] old = new byte[64 << 10];
        Arrays.fill(old, (byte) 7);
        Images.write(disk, 0, old);
        disk.flush();
        int use = disk.enter();
        long host = disk.locate(0, old.length, false);
        disk.discard(0, old.length);
        for (int i = 0; i < 8; i++) {
            disk.flush();
            Images.write(disk, (8 + i) << 16, new byte[64 << 10]);
        }
        for (int i = 0; i < old.length; i++) {
            assertEquals(7, image.file().contents()[(int) host + i]);
        }
        disk.leave(use);
        disk.flush();
        disk.flush();
        Images.write(disk, 1 << 16, old);
        assertEquals(host, disk.locate(1 << 16, 1, true), "it is used again");
        assertEquals(DirectStorage.ELSEWHERE, disk.locate(0, 1, false));
        disk.close();
    }

    @Test
    void flushesOfManyThreadsAllReturn() throws Exception {
        ImageModel image = new ImageModel(Qcow2CreateOptions.of(4 << 20), new byte[0]);
        List<Callable<Void>> tasks = new ArrayList<>();
        for (int thread = 0; thread < THREADS; thread++) {
            int own = thread;
            tasks.add(() -> {
                for (int i = 0; i < 16; i++) {
                    Images.write(image.disk(), (own * 16 + i) << 16, new byte[] {1});
                    image.disk().flush();
                }
                return null;
            });
        }
        runAll(tasks);
        assertTrue(image.disk().extent(0, 4 << 20).bytes() > 0);
        image.close();
    }

    private static void runAll(List<Callable<Void>> tasks) throws Exception {
        try (ExecutorService pool = Executors.newFixedThreadPool(tasks.size())) {
            for (Future<Void> result : pool.invokeAll(tasks)) {
                result.get();
            }
        }
    }
}

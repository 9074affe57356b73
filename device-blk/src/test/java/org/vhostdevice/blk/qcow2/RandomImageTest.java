package org.vhostdevice.blk.qcow2;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.vhostdevice.core.testkit.Seeded;

/// Random changes of a disk read back, in images of every kind; closed images have neither errors nor leaks.
@ExtendWith(Seeded.class)
class RandomImageTest {
    /// A kind of image.
    record Kind(int version, int cluster, int refcountBits, boolean extended, boolean lazy, boolean backed) {
        Qcow2CreateOptions options(long size) {
            return new Qcow2CreateOptions(size, version, cluster, refcountBits, extended, lazy, false, null, null);
        }
    }

    static Stream<Kind> kinds() {
        return Stream.of(false, true)
                .flatMap(backed -> Stream.of(512, 4096, 65_536).flatMap(cluster -> {
                    Stream<Kind> plain = Stream.of(1, 2, 4, 8, 16, 32, 64)
                            .flatMap(bits -> Stream.of(false, true)
                                    .map(lazy -> new Kind(3, cluster, bits, false, lazy, backed)));
                    Stream<Kind> old = Stream.of(new Kind(2, cluster, 16, false, false, backed));
                    Stream<Kind> extended = Stream.of(false, true)
                            .filter(_ -> cluster == 65_536)
                            .flatMap(lazy ->
                                    Stream.of(16_384, 65_536).map(size -> new Kind(3, size, 16, true, lazy, backed)));
                    return Stream.of(plain, old, extended).flatMap(kind -> kind);
                }));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void changesReadBack(Kind kind, RandomGenerator random) throws Exception {
        int size = kind.cluster * random.nextInt(20, 60) + (random.nextBoolean() ? 0 : random.nextInt(kind.cluster));
        byte[] backing = new byte[kind.backed ? random.nextInt(1, size + kind.cluster) : 0];
        random.nextBytes(backing);
        ImageModel image = new ImageModel(kind.options(size), backing);
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 40; i++) {
                image.change(random, 3 * kind.cluster);
            }
            image.check();
            if (round == 0 && kind.refcountBits > 1) {
                image.snapshot();
            }
            image.reopen();
            image.check();
        }
        image.close();
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void anEmptyImageIsSoundAndHasNothingToTell(Kind kind) throws Exception {
        MemoryStorage file = MemoryStorage.empty();
        Qcow2Image.create(file, kind.options(10L << 30));
        Qcow2Check check = Qcow2Check.of(file);
        assertEquals(List.of(), check.errors());
        assertEquals(0, check.leaks());
    }
}

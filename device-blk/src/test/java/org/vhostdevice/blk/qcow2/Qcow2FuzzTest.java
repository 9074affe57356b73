package org.vhostdevice.blk.qcow2;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/// Any file and any compressed data: they work, or an IOException says why not.
class Qcow2FuzzTest {
    private static final int LARGEST = 1 << 20;
    private static final Map<Integer, byte[]> IMAGES = new HashMap<>();

    /// An input is a seed of options, and pairs of a place and eight bytes that are put there in an image.
    @FuzzTest(maxDuration = "10m")
    void anImageOpensAndWorksOrIsRefused(byte[] input) throws Exception {
        if (input.length < 2) {
            return;
        }
        byte[] image =
                IMAGES.computeIfAbsent((int) input[0], Qcow2FuzzTest::image).clone();
        ByteBuffer bytes = ByteBuffer.wrap(image);
        ByteBuffer changes = ByteBuffer.wrap(input, 1, input.length - 1);
        while (changes.remaining() >= 10) {
            int at = changes.getChar() % (image.length / 8) * 8;
            bytes.putLong(at, changes.getLong());
        }
        use(new MemoryStorage(image.clone(), false), true);
        use(new MemoryStorage(image, false), false);
    }

    @FuzzTest(maxDuration = "10m")
    void zstdDecodesOrIsRefused(byte[] input) {
        try {
            ZstdDecoder.decode(input, new byte[65_536]);
        } catch (IOException e) {
            // refused
        }
    }

    private static byte[] image(int kind) {
        try {
            return makeImage(kind);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] makeImage(int kind) throws IOException {
        MemoryStorage file = MemoryStorage.empty();
        boolean extended = (kind & 1) != 0;
        Qcow2Image.create(
                file,
                new Qcow2CreateOptions(
                        300_000,
                        3,
                        extended ? 16_384 : 512 << (kind >> 1 & 3),
                        1 << (kind >> 3 & 7) % 7,
                        extended,
                        false,
                        (kind & 64) != 0,
                        null,
                        null));
        try (Qcow2Image disk = Qcow2Image.open(file, Qcow2Options.of(ImageModel.PATH, false), path -> null)) {
            byte[] bytes = new byte[20_000];
            Arrays.fill(bytes, (byte) kind);
            Images.write(disk, 1000, bytes);
            disk.writeZeroes(100_000, 50_000, false);
        }
        return file.contents();
    }

    private static void use(MemoryStorage file, boolean readOnly) {
        try (Qcow2Image disk = Qcow2Image.open(
                file, new Qcow2Options(ImageModel.PATH, readOnly, 0, 0), _ -> new MemoryStorage(new byte[100], true))) {
            long last = Math.max(0, disk.size() - 1);
            for (long at : new long[] {0, 1000, 100_000, last / 2, last}) {
                touch(disk, at, (int) Math.min(5000, disk.size() - at));
            }
            attempt(disk::flush);
            attempt(() -> disk.resize(Math.min(disk.size() + LARGEST, Long.MAX_VALUE - LARGEST)));
            attempt(disk::flush);
        } catch (IOException e) {
            // refused
        }
    }

    private static void touch(Qcow2Image disk, long at, int bytes) {
        if (bytes <= 0) {
            return;
        }
        attempt(() -> Images.read(disk, at, bytes));
        attempt(() -> disk.extent(at, bytes));
        attempt(() -> Images.write(disk, at, new byte[bytes]));
        attempt(() -> disk.locate(at, bytes, true));
        attempt(() -> disk.discard(at, bytes));
        attempt(() -> disk.writeZeroes(at, bytes, true));
        attempt(() -> Images.write(disk, at, new byte[bytes]));
    }

    private interface Attempt {
        void run() throws IOException;
    }

    private static void attempt(Attempt attempt) {
        try {
            attempt.run();
        } catch (IOException e) {
            // it says why
        }
    }
}

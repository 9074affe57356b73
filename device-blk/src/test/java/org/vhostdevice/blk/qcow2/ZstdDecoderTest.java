package org.vhostdevice.blk.qcow2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.vhostdevice.core.testkit.Seeded;

/// Frames that zstd made decode to what they were made of.
@ExtendWith(Seeded.class)
class ZstdDecoderTest {
    private static final int CLUSTER = 65_536;

    private static byte[] frame(int number) throws IOException {
        String name = "Qcow2FuzzTestInputs/zstdDecodesOrIsRefused/frame" + number;
        try (InputStream in = ZstdDecoderTest.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        }
    }

    private static void assertDecodes(int number, byte[] expected) throws IOException {
        byte[] cluster = new byte[CLUSTER];
        ZstdDecoder.decode(frame(number), cluster);
        assertArrayEquals(Arrays.copyOf(expected, CLUSTER), cluster);
    }

    private static byte[] noise(int bytes, int seed) {
        byte[] noise = new byte[bytes];
        int x = seed;
        for (int i = 0; i < bytes; i++) {
            x = (x * 1_103_515_245 + 12_345) & Integer.MAX_VALUE;
            noise[i] = (byte) (x >> 16);
        }
        return noise;
    }

    private static byte[] repeat(int times, byte[]... parts) {
        var all = new ByteArrayOutputStream();
        for (int i = 0; i < times; i++) {
            for (byte[] part : parts) {
                all.writeBytes(part);
            }
        }
        return all.toByteArray();
    }

    @Test
    void aPeriodDecodes() throws Exception {
        byte[] expected = new byte[CLUSTER];
        for (int i = 0; i < CLUSTER; i++) {
            expected[i] = (byte) ((i * 7 + i / 100) % 31 + 'a');
        }
        assertDecodes(0, expected);
    }

    @Test
    void noiseThatRepeatsAndZerosDecode() throws Exception {
        assertDecodes(1, repeat(21, noise(3000, 1)));
    }

    @Test
    void textDecodes() throws Exception {
        var text = new StringBuilder();
        for (int i = 0; i < 2000; i++) {
            text.append("line ")
                    .append(i)
                    .append(" of a text that repeats itself, ")
                    .append(i * i % 97);
            text.append(" times\n");
        }
        assertDecodes(3, text.toString().getBytes(StandardCharsets.US_ASCII));
    }

    @Test
    void longMatchesDecode() throws Exception {
        assertDecodes(4, repeat(19, "abc".repeat(1000).getBytes(StandardCharsets.US_ASCII), noise(500, 3)));
    }

    @Test
    void aCodeWithPlainWeightsDecodes() throws Exception {
        byte[] expected = noise(700, 6);
        for (int i = 0; i < expected.length; i++) {
            expected[i] &= 15;
        }
        assertDecodes(5, expected);
    }

    @Test
    void aFrameThatIsCutOrOfAnotherLengthIsRefused() throws Exception {
        byte[] frame = frame(3);
        for (int length = 0; length < frame.length; length += 7) {
            byte[] cut = Arrays.copyOf(frame, length);
            assertThrows(IOException.class, () -> ZstdDecoder.decode(cut, new byte[CLUSTER]));
        }
        assertThrows(IOException.class, () -> ZstdDecoder.decode(frame, new byte[CLUSTER - 1]));
        assertThrows(IOException.class, () -> ZstdDecoder.decode(frame, new byte[CLUSTER + 1]));
    }

    @RepeatedTest(500)
    void aFrameThatIsDamagedDecodesToSomethingOrIsRefused(RandomGenerator random) throws Exception {
        byte[] frame = frame(new int[] {0, 1, 3, 4, 5}[random.nextInt(5)]);
        for (int i = random.nextInt(1, 4); i > 0; i--) {
            frame[random.nextInt(frame.length)] = (byte) random.nextInt();
        }
        try {
            ZstdDecoder.decode(frame, new byte[CLUSTER]);
        } catch (IOException e) {
            // refused
        }
    }
}

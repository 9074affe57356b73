package org.vhostdevice.console.end;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.vhostdevice.core.sys.WindowSize;
import org.vhostdevice.core.testkit.Seeded;

@ExtendWith(Seeded.class)
class TelnetClientTest {
    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    @Test
    void rfc1073SizeIsASubnegotiationWithDoubled255() {
        assertEquals("fffa1f00500018fff0", hex(TelnetClient.size(new WindowSize(80, 24))));
        assertEquals("fffa1fffffffff00fffffff0", hex(TelnetClient.size(new WindowSize(65535, 255))));
    }

    @Test
    void firstBytesOfferSizeAndBinary() {
        assertEquals("fffb1ffffb00fffa1f00840032fff0", hex(TelnetClient.offer(new WindowSize(132, 50))));
    }

    @RepeatedTest(50)
    void dataComesBackHoweverItIsCutAndWhateverIsSaidInBetween(RandomGenerator random) {
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        expected.writeBytes(new byte[] {'o', 'l', 'd', -1, -3, 'x', -1});
        wire.writeBytes(new byte[] {'o', 'l', 'd', -1, -3, 'x', -1, -1, -3, 31});
        for (int part = 0; part < 20; part++) {
            byte[] data = new byte[random.nextInt(20)];
            random.nextBytes(data);
            for (int i = 0; i < data.length; i++) {
                data[i] = random.nextInt(4) == 0 ? (byte) 255 : data[i];
            }
            expected.writeBytes(data);
            wire.writeBytes(TelnetClient.data(data, data.length));
            wire.writeBytes(
                    switch (random.nextInt(4)) {
                        case 0 -> TelnetClient.size(new WindowSize(random.nextInt(65536), random.nextInt(65536)));
                        case 1 -> new byte[] {-1, -13};
                        case 2 -> new byte[] {-1, (byte) random.nextInt(251, 255), (byte) random.nextInt(256)};
                        default -> new byte[0];
                    });
        }
        TelnetClient decoder = new TelnetClient();
        ByteArrayOutputStream actual = new ByteArrayOutputStream();
        byte[] all = wire.toByteArray();
        for (int at = 0; at < all.length; ) {
            int length = Math.min(all.length - at, random.nextInt(1, 9));
            byte[] piece = Arrays.copyOfRange(all, at, at + length);
            byte[] data = new byte[length + 2];
            actual.write(data, 0, decoder.decode(piece, length, data));
            at += length;
        }
        assertArrayEquals(expected.toByteArray(), actual.toByteArray());
    }
}

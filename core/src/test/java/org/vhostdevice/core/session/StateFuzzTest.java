package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import org.vhostdevice.core.device.DeviceState;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.core.testkit.PlainDevice;

/// Any bytes as a device's state: they are refused, or they are what the device takes in, whole.
///
/// Input: a byte of options, then the stream; behind a right header if the lowest bit is set. The other bits say how
/// many bytes the device reads at a time, and how many a read of the stream gives at most.
class StateFuzzTest {
    private static final int HEADER = 16;

    @FuzzTest
    void load(byte[] input) throws IOException {
        if (input.length == 0) {
            return;
        }
        var device = new Device(1 + (input[0] >> 1 & 7));
        byte[] stream = Arrays.copyOfRange(input, 1, input.length);
        if ((input[0] & 1) != 0) {
            stream = join(Arrays.copyOf(saved(device), HEADER), stream);
        }
        try {
            StateFormat.load(device, new Slow(stream, 1 + (input[0] >> 4 & 7)));
        } catch (IOException e) {
            assertTrue(device.known.size() <= stream.length);
            return;
        }
        // The same bytes, perhaps in other pieces.
        byte[] loaded = device.known.toByteArray();
        assertTrue(HEADER + loaded.length < stream.length);
        var other = new Device(device.step);
        StateFormat.load(other, new ByteArrayInputStream(saved(device)));
        assertArrayEquals(loaded, other.known.toByteArray());
    }

    @FuzzTest
    void save(byte[] input) throws IOException {
        var device = new Device(5);
        device.known.write(input);
        byte[] stream = saved(device);
        var other = new Device(input.length % 7 + 1);
        StateFormat.load(other, new ByteArrayInputStream(stream));
        assertArrayEquals(input, other.known.toByteArray());
        assertEquals(HEADER + 4 + input.length + (input.length > 0 ? 4 : 0), stream.length);
    }

    private static byte[] saved(VirtioDevice device) throws IOException {
        var to = new ByteArrayOutputStream();
        StateFormat.save(device, to);
        return to.toByteArray();
    }

    private static byte[] join(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    /// A stream that gives few bytes at a time, as a pipe may.
    private static final class Slow extends InputStream {
        private final InputStream from;
        private final int most;

        Slow(byte[] bytes, int most) {
            this.from = new ByteArrayInputStream(bytes);
            this.most = most;
        }

        @Override
        public int read() throws IOException {
            return from.read();
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            return from.read(into, offset, Math.min(length, most));
        }
    }

    /// Takes a state in and gives it out a few bytes at a time.
    private static final class Device extends PlainDevice implements DeviceState {
        private final ByteArrayOutputStream known = new ByteArrayOutputStream();
        private final int step;

        Device(int step) {
            this.step = step;
        }

        @Override
        public void save(OutputStream to) throws IOException {
            byte[] all = known.toByteArray();
            for (int at = 0; at < all.length; at += step) {
                to.write(all, at, Math.min(step, all.length - at));
            }
        }

        @Override
        public void load(InputStream from) throws IOException {
            byte[] piece = new byte[step];
            for (int n = from.read(piece); n >= 0; n = from.read(piece)) {
                known.write(piece, 0, n);
            }
        }

        @Override
        public DeviceState state() {
            return this;
        }
    }
}

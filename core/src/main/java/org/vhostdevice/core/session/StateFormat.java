package org.vhostdevice.core.session;

import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;
import org.vhostdevice.core.device.VirtioDevice;

/// How a device's state looks on its way: 16 bytes that say what it is, then pieces with their lengths, then a length
/// of 0. Numbers have 32 bits and are little-endian.
///
/// ```
/// "vhoststa"  version  virtio device id  (length  bytes)...  0
/// ```
final class StateFormat {
    private static final long MAGIC = 0x6174_7374_736f_6876L; // "vhoststa"
    private static final int VERSION = 1;
    private static final int HEADER = 16;
    private static final int MAX_PIECE = 1 << 16;
    private static final long MAX_BYTES = 1L << 30;

    private StateFormat() {}

    /// Writes a device's state.
    static void save(VirtioDevice device, OutputStream to) throws IOException {
        to.write(header(device));
        var pieces = new BufferedOutputStream(new Pieces(to), MAX_PIECE);
        device.state().save(pieces);
        pieces.flush();
        to.write(number(0));
    }

    /// Reads a state into a device, to the end of the stream.
    ///
    /// @throws IOException if it belongs to another kind of device, is cut off, too long, or refused by the device
    static void load(VirtioDevice device, InputStream from) throws IOException {
        byte[] header = from.readNBytes(HEADER);
        if (!Arrays.equals(header, header(device))) {
            throw new IOException("no state of this kind of device");
        }
        var pieces = new Joined(from);
        device.state().load(pieces);
        if (pieces.read() >= 0) {
            throw new IOException("more state than the device takes");
        }
        if (from.read() >= 0) {
            throw new IOException("bytes behind the end of the state");
        }
    }

    private static byte[] header(VirtioDevice device) {
        return ByteBuffer.allocate(HEADER)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(MAGIC)
                .putInt(VERSION)
                .putInt(device.type().virtioId())
                .array();
    }

    private static byte[] number(int value) {
        return ByteBuffer.allocate(Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .array();
    }

    /// Puts its length before each piece.
    private static final class Pieces extends OutputStream {
        private final OutputStream to;
        private long left = MAX_BYTES;

        Pieces(OutputStream to) {
            this.to = to;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] from, int offset, int length) throws IOException {
            left -= length;
            if (left < 0) {
                throw new IOException("a state of more than " + MAX_BYTES + " bytes");
            }
            for (int done = 0; done < length; ) {
                int piece = Math.min(length - done, MAX_PIECE);
                to.write(number(piece));
                to.write(from, offset + done, piece);
                done += piece;
            }
        }
    }

    /// The pieces as one stream.
    private static final class Joined extends InputStream {
        private final InputStream from;
        private long left = MAX_BYTES;
        private int piece;
        private boolean ended;

        Joined(InputStream from) {
            this.from = from;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, into.length);
            if (length == 0) {
                return 0;
            }
            if (piece == 0 && !nextPiece()) {
                return -1;
            }
            int n = from.read(into, offset, Math.min(length, piece));
            if (n < 0) {
                throw new EOFException("the state is cut off");
            }
            piece -= n;
            return n;
        }

        private boolean nextPiece() throws IOException {
            if (ended) {
                return false;
            }
            byte[] bytes = from.readNBytes(Integer.BYTES);
            if (bytes.length < Integer.BYTES) {
                throw new EOFException("the state is cut off");
            }
            piece = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt();
            left -= Integer.toUnsignedLong(piece);
            if (piece < 0 || piece > MAX_PIECE || left < 0) {
                throw new IOException("a piece of " + Integer.toUnsignedString(piece) + " bytes in the state");
            }
            ended = piece == 0;
            return !ended;
        }
    }
}

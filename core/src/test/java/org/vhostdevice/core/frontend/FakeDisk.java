package org.vhostdevice.core.frontend;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// A virtio block device in an array, for chains that it takes apart by streams of bytes.
final class FakeDisk {
    static final String ID = "fake-disk";

    private static final int HEADER = 16;
    private static final int SECTOR = 512;

    private final byte[] content;
    private int spoiled = -1;

    FakeDisk(int bytes) {
        content = new byte[bytes];
    }

    int bytes() {
        return content.length;
    }

    /// The next reads find another byte there.
    void spoil(int offset) {
        spoiled = offset;
    }

    byte[] content() {
        return content;
    }

    /// Does a request.
    ///
    /// @return bytes written to it
    long serve(RingDevice ring, RingDevice.Request request) {
        byte[] readable = ring.read(request);
        int writable = (int) request.bytes(true);
        byte[] answer = new byte[writable];
        ByteBuffer header = ByteBuffer.wrap(readable).order(ByteOrder.LITTLE_ENDIAN);
        int offset = (int) header.getLong(8) * SECTOR;
        int status = 0;
        switch (header.getInt(0)) {
            case 0 -> status = in(offset, answer);
            case 1 -> status = out(offset, readable);
            case 4 -> {}
            case 8 -> System.arraycopy(ID.getBytes(StandardCharsets.US_ASCII), 0, answer, 0, ID.length());
            default -> status = 2;
        }
        answer[writable - 1] = (byte) status;
        ring.write(request, answer);
        return writable;
    }

    private int in(int offset, byte[] answer) {
        int n = answer.length - 1;
        if (offset + n > content.length) {
            return 1;
        }
        System.arraycopy(content, offset, answer, 0, n);
        if (spoiled >= offset && spoiled < offset + n) {
            answer[spoiled - offset] ^= 1;
        }
        return 0;
    }

    private int out(int offset, byte[] readable) {
        int n = readable.length - HEADER;
        if (offset + n > content.length) {
            return 1;
        }
        System.arraycopy(readable, HEADER, content, offset, n);
        return 0;
    }

    /// The first bytes of the configuration space: the capacity.
    byte[] config(int offset, int size) {
        byte[] all = ByteBuffer.allocate(256)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(0, content.length / SECTOR)
                .array();
        return Arrays.copyOfRange(all, offset, offset + size);
    }
}

package org.vhostdevice.core.session;

import java.nio.ByteBuffer;

/// Decisions taken by the bytes of a fuzz input, one after the other; the first of all choices when none is left.
final class Choices {
    private final ByteBuffer input;

    Choices(byte[] input) {
        this.input = ByteBuffer.wrap(input);
    }

    boolean any() {
        return input.hasRemaining();
    }

    int next() {
        return input.hasRemaining() ? input.get() & 0xff : 0;
    }

    int below(int limit) {
        return next() % limit;
    }

    boolean oneIn(int chances) {
        return next() % chances == chances - 1;
    }

    int of(int... pool) {
        return pool[below(pool.length)];
    }

    long of(long... pool) {
        return pool[below(pool.length)];
    }

    long bits() {
        long bits = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            bits = bits << 8 | next();
        }
        return bits;
    }
}

package org.vhostdevice.console.port;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.console.end.HostEnd;
import org.vhostdevice.core.virtqueue.DescriptorChain;

/// Bytes that were read from a port's host end and that the guest has not got yet. They are read in large pieces, and
/// no chain is taken before there is a byte for it. Worker's thread.
final class PortInput {
    /// The most bytes that are read ahead.
    static final int CAPACITY = 64 << 10;

    private final HostEnd end;
    private @Nullable MemorySegment buffer; // none before the first byte
    private int start;
    private int limit;
    private boolean allowed;
    private boolean wanted;
    private boolean more;

    PortInput(HostEnd end) {
        this.end = end;
    }

    boolean isEmpty() {
        return start == limit;
    }

    /// Says whether the guest takes input now.
    void allow(boolean now) {
        allowed = now;
        want();
    }

    /// The end has something, or the other side has gone and what it left is to be taken in any case.
    ///
    /// @return whether there are bytes for the guest
    boolean readable() {
        if (isEmpty()) {
            fill();
        }
        want();
        return !isEmpty();
    }

    /// Fills a chain.
    ///
    /// @return false if it has no room
    boolean give(DescriptorChain chain) {
        int bytes = (int) Math.min(limit - start, chain.writable().length());
        if (bytes > 0) {
            chain.writable().write(0, memory().asSlice(start, bytes), bytes);
            start += bytes;
        }
        chain.complete(bytes);
        if (isEmpty() && more) {
            fill();
        }
        if (isEmpty()) {
            want();
        }
        return bytes > 0;
    }

    void clear() {
        start = 0;
        limit = 0;
        want();
    }

    private void fill() {
        start = 0;
        limit = end.read(memory());
        more = limit == CAPACITY;
    }

    private void want() {
        boolean now = allowed && isEmpty();
        if (now != wanted) {
            wanted = now;
            end.wantInput(now);
        }
    }

    private MemorySegment memory() {
        MemorySegment memory = buffer;
        if (memory == null) {
            memory = Arena.ofAuto().allocate(CAPACITY);
            buffer = memory;
        }
        return memory;
    }
}

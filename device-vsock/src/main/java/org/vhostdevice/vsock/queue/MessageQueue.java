package org.vhostdevice.vsock.queue;

import java.util.Arrays;

/// How long the messages are that wait in a [ByteQueue], in their order, and how each of them ends. There may be
/// many of them without a byte, so there is a limit. One thread.
final class MessageQueue {
    /// Messages that may wait at most.
    static final int LIMIT = 4096;

    private static final int SMALL = 16;

    private long[] messages = new long[SMALL];
    private int first;
    private int count;

    boolean isEmpty() {
        return count == 0;
    }

    /// Adds a message.
    ///
    /// @param flags of the packet that ended it
    /// @return false if there are too many
    boolean add(int bytes, int flags) {
        if (count == LIMIT) {
            return false;
        }
        if (count == messages.length) {
            long[] larger = new long[2 * count];
            for (int i = 0; i < count; i++) {
                larger[i] = messages[(first + i) % count];
            }
            messages = larger;
            first = 0;
        }
        messages[(first + count) % messages.length] = ((long) flags << Integer.SIZE) | bytes;
        count++;
        return true;
    }

    /// Bytes of the first message.
    int bytes() {
        return (int) messages[first];
    }

    /// Flags of the first message.
    int flags() {
        return (int) (messages[first] >>> Integer.SIZE);
    }

    /// Drops the first message.
    void drop() {
        first = (first + 1) % messages.length;
        count--;
    }

    /// Drops all.
    void clear() {
        if (messages.length > SMALL) {
            messages = Arrays.copyOf(messages, SMALL);
        }
        first = 0;
        count = 0;
    }
}

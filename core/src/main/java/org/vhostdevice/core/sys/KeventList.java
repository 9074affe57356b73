package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// An array of `struct kevent`, and how interest and readiness are said in it.
///
/// Interest in nothing but a hang-up is a read filter whose low-water mark is out of reach: a filter fires at the end
/// of
/// the stream in any case. macOS lowers that mark to what the socket can hold, so a full socket reaches it. Such a
/// filter therefore says once what has happened (`EV_CLEAR`), and not again as long as nothing more does.
final class KeventList {
    static final int EVFILT_READ = -1;
    static final int EVFILT_WRITE = -2;
    static final int EV_ADD = 1;
    static final int EV_DELETE = 2;
    static final int EV_CLEAR = 0x20;
    static final int EV_EOF = 0x8000;

    /// The most that [#change] puts in.
    static final int MOST_CHANGES = 3;
    static final int NOTE_LOWAT = 1;

    private final MemorySegment events;
    private final int eventSize;
    private final int filter;
    private final int flags;
    private final int fflags;
    private final int data;

    KeventList(HostAbi abi, Arena arena, int capacity) {
        eventSize = AbiNumber.KEVENT_SIZE.on(abi);
        filter = AbiNumber.KEVENT_FILTER.on(abi);
        flags = AbiNumber.KEVENT_FLAGS.on(abi);
        fflags = AbiNumber.KEVENT_FFLAGS.on(abi);
        data = AbiNumber.KEVENT_DATA.on(abi);
        events = arena.allocate((long) capacity * eventSize, 8);
    }

    MemorySegment segment() {
        return events;
    }

    /// Puts the changes in that lead from one interest to another.
    ///
    /// @return how many there are, at most [#MOST_CHANGES]
    int change(int fd, int from, int to) {
        int n = 0;
        int before = reading(from);
        int after = reading(to);
        if (before != after) {
            // A filter that is there already keeps its kind, so it is taken away first.
            if (before != 0) {
                put(n++, fd, EVFILT_READ, EV_DELETE);
            }
            if (after == Poller.HANGUP) {
                putHangup(n++, fd);
            } else if (after != 0) {
                put(n++, fd, EVFILT_READ, EV_ADD);
            }
        }
        if (((from ^ to) & Poller.WRITE) != 0) {
            put(n++, fd, EVFILT_WRITE, (to & Poller.WRITE) == 0 ? EV_DELETE : EV_ADD);
        }
        return n;
    }

    /// The filter that an interest takes: one for reading, which tells of hang-ups too, one for these alone, or none.
    private static int reading(int interest) {
        return (interest & Poller.READ) != 0 ? Poller.READ : interest & Poller.HANGUP;
    }

    private void putHangup(int i, int fd) {
        put(i, fd, EVFILT_READ, EV_ADD | EV_CLEAR);
        long at = (long) i * eventSize;
        events.set(JAVA_INT, at + fflags, NOTE_LOWAT);
        events.set(JAVA_LONG, at + data, Integer.MAX_VALUE);
    }

    private void put(int i, int fd, int eventFilter, int action) {
        MemorySegment event = events.asSlice((long) i * eventSize, eventSize);
        event.fill((byte) 0);
        event.set(JAVA_LONG, 0, fd);
        event.set(JAVA_SHORT, filter, (short) eventFilter);
        event.set(JAVA_SHORT, flags, (short) action);
    }

    /// The descriptor of an event.
    int fd(int i) {
        return (int) events.get(JAVA_LONG, (long) i * eventSize);
    }

    /// What an event says its descriptor is ready for, as bits of [Poller].
    int ready(int i, int interest) {
        long at = (long) i * eventSize;
        int bit = events.get(JAVA_SHORT, at + filter) == EVFILT_WRITE ? Poller.WRITE : Poller.READ;
        boolean end = (events.get(JAVA_SHORT, at + flags) & EV_EOF) != 0;
        return (bit & interest) | (end ? Poller.HANGUP : 0);
    }
}

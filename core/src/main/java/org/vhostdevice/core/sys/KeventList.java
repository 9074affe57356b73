package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// An array of `struct kevent`, and how interest and readiness are said in it.
///
/// Interest in nothing but a hang-up is a read filter whose low-water mark is never reached: a filter fires at the
/// end of the stream in any case.
final class KeventList {
    static final int EVFILT_READ = -1;
    static final int EVFILT_WRITE = -2;
    static final int EV_ADD = 1;
    static final int EV_DELETE = 2;
    static final int EV_EOF = 0x8000;
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
    /// @return how many there are, at most 2
    int change(int fd, int from, int to) {
        int n = 0;
        int read = to & (Poller.READ | Poller.HANGUP);
        if (read != (from & (Poller.READ | Poller.HANGUP))) {
            boolean onlyHangup = read == Poller.HANGUP;
            put(n++, fd, EVFILT_READ, read == 0 ? EV_DELETE : EV_ADD, onlyHangup);
        }
        if (((from ^ to) & Poller.WRITE) != 0) {
            put(n++, fd, EVFILT_WRITE, (to & Poller.WRITE) == 0 ? EV_DELETE : EV_ADD, false);
        }
        return n;
    }

    private void put(int i, int fd, int eventFilter, int action, boolean onlyHangup) {
        MemorySegment event = events.asSlice((long) i * eventSize, eventSize);
        event.fill((byte) 0);
        event.set(JAVA_LONG, 0, fd);
        event.set(JAVA_SHORT, filter, (short) eventFilter);
        event.set(JAVA_SHORT, flags, (short) action);
        if (onlyHangup) {
            event.set(JAVA_INT, fflags, NOTE_LOWAT);
            event.set(JAVA_LONG, data, Integer.MAX_VALUE);
        }
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

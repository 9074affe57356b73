package org.vhostdevice.core.frontend;

import java.util.ArrayDeque;
import java.util.Deque;

/// How to close what has been opened so far, for the case that the rest fails.
final class CloseList {
    private final Deque<Runnable> opened = new ArrayDeque<>();

    /// Adds something that was opened; closing it twice must be harmless.
    void add(Runnable close) {
        opened.push(close);
    }

    /// Closes everything, last first.
    void closeAll() {
        while (!opened.isEmpty()) {
            opened.pop().run();
        }
    }
}

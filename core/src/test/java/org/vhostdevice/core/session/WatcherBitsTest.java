package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.vhostdevice.core.device.Watcher;
import org.vhostdevice.core.sys.Poller;

class WatcherBitsTest {
    @Test
    void bitsOfWatchersAreThoseOfPollers() {
        assertEquals(Poller.READ, Watcher.READ);
        assertEquals(Poller.WRITE, Watcher.WRITE);
        assertEquals(Poller.HANGUP, Watcher.HANGUP);
    }
}

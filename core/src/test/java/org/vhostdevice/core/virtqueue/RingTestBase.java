package org.vhostdevice.core.virtqueue;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.vhostdevice.core.testkit.TestGuest;
import org.vhostdevice.core.testkit.TestRing.Piece;

/// Guest memory for each test of a ring.
abstract class RingTestBase {
    TestGuest guest;

    @BeforeEach
    final void mapGuest() throws Exception {
        guest = new TestGuest();
    }

    @AfterEach
    final void unmapGuest() {
        guest.close();
    }

    final Piece piece(int length, boolean writable) {
        return new Piece(guest.allocate(length, 1), length, writable);
    }

    static DescriptorChain take(Virtqueue queue) throws BrokenQueueException {
        DescriptorChain chain = queue.poll();
        assertNotNull(chain);
        return chain;
    }
}

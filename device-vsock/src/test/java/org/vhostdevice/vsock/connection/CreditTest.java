package org.vhostdevice.vsock.connection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("VIRTIO 1.4, 5.10.6.3")
class CreditTest {
    private static final int SPACE = 1000;

    private final Credit credit = new Credit(SPACE);

    @Test
    void roomIsWhatTheGuestHasNotFilled() {
        assertEquals(0, credit.room());
        assertTrue(credit.update(100, 0));
        assertEquals(100, credit.room());
        credit.send(60);
        assertEquals(40, credit.room());
        assertTrue(credit.update(100, 50));
        assertEquals(90, credit.room());
    }

    @Test
    @DisplayName("V16: a guest that shrinks its buffer has no room, and no huge one")
    void shrunkBufferHasNoRoom() {
        assertTrue(credit.update(100, 0));
        credit.send(80);
        assertTrue(credit.update(50, 0));
        assertEquals(0, credit.room());
        assertTrue(credit.update(0, 80));
        assertEquals(0, credit.room());
        assertTrue(credit.update(-1, 80));
        assertEquals(Credit.MAX_UNDER_WAY, credit.room());
    }

    @Test
    void moreTakenThanSentIsAFault() {
        assertTrue(credit.update(100, 0));
        credit.send(10);
        assertFalse(credit.update(100, 11));
        assertFalse(credit.update(100, Integer.MAX_VALUE));
        assertTrue(credit.update(100, 10));
    }

    @Test
    void olderCountIsNoFaultAndTakesNothingBack() {
        assertTrue(credit.update(100, 0));
        credit.send(50);
        assertTrue(credit.update(100, 50));
        assertTrue(credit.update(100, 20));
        assertEquals(100, credit.room());
    }

    @Test
    void countsGoOnBeyondTheirBits() {
        assertTrue(credit.update(SPACE, 0));
        long sent = 0;
        while (sent < 3L << 32) {
            assertTrue(credit.update(-1, (int) sent));
            credit.send(Credit.MAX_UNDER_WAY);
            sent += Credit.MAX_UNDER_WAY;
            assertEquals(0, credit.room());
        }
        assertTrue(credit.update(-1, (int) sent));
        assertEquals(Credit.MAX_UNDER_WAY, credit.room());
    }

    @Test
    void guestSendsWhatItWasToldOfAndNoMore() {
        assertTrue(credit.receive(SPACE));
        assertFalse(credit.receive(1));
        credit.forward(400);
        assertFalse(credit.receive(1), "it was not told");
        credit.tell();
        assertFalse(credit.receive(401));
        assertTrue(credit.receive(400));
        assertFalse(credit.receive(0xffff_ffffL));
        assertEquals(SPACE, credit.held());
    }

    @Test
    void guestIsToldWhenHalfOfTheBufferIsNewsToIt() {
        assertTrue(credit.receive(700));
        credit.forward(499);
        assertFalse(credit.owesUpdate());
        credit.forward(1);
        assertTrue(credit.owesUpdate());
        credit.tell();
        assertFalse(credit.owesUpdate());
    }

    @Test
    void guestThatKnowsOfLittleRoomIsToldOfAnyMore() {
        assertTrue(credit.receive(751));
        assertFalse(credit.owesUpdate());
        credit.forward(1);
        assertTrue(credit.owesUpdate());
    }
}

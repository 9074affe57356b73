package org.vhostdevice.console.port;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.vhostdevice.console.port.PortRig.Queue;

/// Bytes between chains and a host end, as the used ring shows them (VIRTIO 1.4, 5.3.6).
class DataQueueTest {
    private static final PortTraits CONSOLE = PortTraits.of("");
    private static final PortTraits DROPPING = new PortTraits("", true, true, 8, TerminalSize.UNKNOWN);

    private PortRig rig;
    private FakeEnd end; // of port 0

    @BeforeEach
    void open() throws Exception {
        open(CONSOLE);
    }

    private void open(PortTraits traits) throws Exception {
        rig = new PortRig(1, false);
        end = rig.add(0, traits);
    }

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void severalBytesOfInputAreOneUsedEntry() throws Exception {
        Queue input = rig.start(0);
        input.offer(4);
        end.type("hello");
        rig.serve();
        assertEquals(List.of(5L), input.lengths());
    }

    @Test
    void chainsStayInTheRingUntilThereIsInput() throws Exception {
        Queue input = rig.start(0);
        input.offer(10);
        rig.serve();
        assertEquals(0, input.inFlight());
        end.type("a");
        rig.serve();
        end.type("bc");
        rig.serve();
        assertEquals(0, input.inFlight());
        assertEquals("abc", input.text());
        assertEquals(List.of(), input.lengths());
    }

    @Test
    void inputBeforeTheGuestHasSentAnythingArrives() throws Exception {
        end.type("early");
        Queue input = rig.start(0);
        input.offer(1);
        end.poll();
        rig.serve();
        assertEquals("early", input.text());
    }

    @Test
    void inputFillsChainsOneAfterTheOther() throws Exception {
        Queue input = rig.start(0);
        input.offerOf(3, 2);
        input.offer(2);
        String text = "x".repeat(5 + PortRig.ROOM + 7);
        end.type(text);
        rig.serve();
        assertEquals(List.of(5L, (long) PortRig.ROOM, 7L), input.lengths());
    }

    @Test
    void inputForWhichThereIsNoChainWaits() throws Exception {
        Queue input = rig.start(0);
        input.offerOf(2);
        end.type("abcd");
        rig.serve();
        assertFalse(end.wantsInput());
        end.type("ef");
        assertEquals(2, end.unread());
        input.offer(5);
        rig.serve();
        end.poll();
        rig.serve();
        assertTrue(end.wantsInput());
        assertEquals("abcdef", input.text());
    }

    @Test
    void moreInputThanIsReadAtATimeArrivesInOrder() throws Exception {
        Queue input = rig.start(0);
        StringBuilder text = new StringBuilder();
        for (int i = 0; text.length() < PortInput.CAPACITY + 1000; i++) {
            text.append(i).append(' ');
        }
        end.type(text.toString());
        StringBuilder arrived = new StringBuilder();
        for (int i = 0; i < 3; i++) {
            input.offerOf(PortInput.CAPACITY / 2 + 300);
            rig.serve();
            end.poll();
            rig.serve();
            arrived.append(input.text());
        }
        assertEquals(text.toString(), arrived.toString());
    }

    @Test
    void chainWithoutRoomComesBackEmptyAndIsCounted() throws Exception {
        Queue input = rig.start(0);
        input.send("not for writing");
        input.offer(1);
        end.type("x");
        rig.serve();
        assertEquals(List.of(0L, 1L), input.lengths());
        assertEquals(1, rig.ports().counters().ignored());
    }

    @Test
    void outputGoesOutInOrderByFewCalls() throws Exception {
        Queue output = rig.start(1);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 60; i++) {
            text.append(i).append(' ');
            output.sendIn(i % 3 + 1, (i + " ").getBytes(StandardCharsets.UTF_8));
        }
        rig.serve();
        assertEquals(text.toString(), end.text());
        assertEquals(1, end.writes());
        assertEquals(Collections.nCopies(60, 0L), output.lengths());
    }

    @Test
    void outputThatTheEndDoesNotTakeWaitsInTheRing() throws Exception {
        end.room(5);
        Queue output = rig.start(1);
        for (int i = 0; i < 100; i++) {
            output.send("abc");
        }
        rig.serve();
        assertEquals("abcab", end.text());
        assertEquals(List.of(0L), output.lengths());
        assertEquals(ChainOutput.MOST - 1, output.inFlight());
        rig.serve();
        assertEquals("abcab", end.text());
        end.room(Long.MAX_VALUE);
        end.events().writable();
        rig.serve();
        assertEquals("abc".repeat(100), end.text());
        assertEquals(Collections.nCopies(99, 0L), output.lengths());
    }

    @Test
    void chainWithoutBytesComesBackInItsTurn() throws Exception {
        Queue output = rig.start(1);
        output.send("a");
        output.offer(1);
        output.send("b");
        rig.serve();
        assertEquals("ab", end.text());
        assertEquals(List.of(0L, 0L, 0L), output.lengths());
        assertEquals(1, rig.ports().counters().ignored());
    }

    @Test
    void droppingPortNeverHoldsTheGuestAndKeepsTheNewest() throws Exception {
        close();
        open(DROPPING);
        end.room(2);
        Queue output = rig.start(1);
        output.send("abcdefgh");
        output.send("ijkl");
        rig.serve();
        assertEquals(0, output.inFlight());
        output.send("mnopqrstuvwxyz");
        rig.serve();
        assertEquals(0, output.inFlight());
        assertEquals("ab", end.text());
        end.room(Long.MAX_VALUE);
        end.events().writable();
        assertEquals("abstuvwxyz", end.text());
        assertEquals(16, rig.ports().counters().lostBytes());
    }

    @Test
    void viewerThatGoesAwayLetsTheGuestGoOn() throws Exception {
        end.room(0);
        Queue output = rig.start(1);
        output.send("abc");
        rig.serve();
        assertEquals(1, output.inFlight());
        end.room(Long.MAX_VALUE); // an end without anybody takes everything
        end.events().closed();
        rig.serve();
        assertEquals(0, output.inFlight());
    }

    @Test
    void stopGivesChainsBackAndKeepsTheirBytes() throws Exception {
        end.room(1);
        Queue output = rig.start(1);
        output.send("abc");
        output.send("def");
        rig.serve();
        output.stop();
        assertEquals(List.of(0L, 0L), output.lengths());
        Queue again = rig.start(1);
        again.send("ghi");
        rig.serve();
        assertEquals(1, again.inFlight());
        end.room(Long.MAX_VALUE);
        end.events().writable();
        rig.serve();
        assertEquals("abcdefghi", end.text());
    }

    @Test
    void suspendGivesUpChainsThatAreNotBegun() throws Exception {
        end.room(1);
        Queue output = rig.start(1);
        output.send("abc");
        output.send("def");
        rig.serve();
        assertTrue(output.suspend());
        assertEquals(List.of(0L), output.lengths());
        assertEquals(1, output.inFlight());
        end.room(Long.MAX_VALUE);
        end.events().writable();
        assertEquals("abc", end.text());
    }

    @Test
    void outputOfAPortThatIsNotThereIsGone() throws Exception {
        try (PortRig other = new PortRig(3, true)) {
            Queue output = other.start(7);
            Queue input = other.start(6);
            input.offer(1);
            output.send("abc");
            other.serve();
            assertEquals(List.of(0L), output.lengths());
            assertEquals(0, input.inFlight());
        }
    }

    @Test
    void emergencyOutputNeedsNoRing() throws Exception {
        rig.ports().emergency((byte) 'x');
        assertEquals("x", end.text());
        end.room(0);
        rig.ports().emergency((byte) 'y');
        end.room(Long.MAX_VALUE);
        end.events().writable();
        assertEquals("xy", end.text());
    }
}

package org.vhostdevice.console.port;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.vhostdevice.console.port.PortRig.Queue;

/// Control messages both ways, and their order (VIRTIO 1.4, 5.3.6.2).
class ControlQueueTest {
    private static final PortTraits CONSOLE = PortTraits.of("");
    private static final PortTraits AGENT = PortTraits.of("agent");

    @Test
    void portsAreAddedThenDescribedOnceTheDriverHasThem() throws Exception {
        try (PortRig rig = new PortRig(3, true)) {
            rig.add(0, new PortTraits("tty", true, false, 1, new TerminalSize(80, 24)))
                    .events()
                    .opened();
            FakeEnd agent = rig.add(1, AGENT);
            rig.bringUp();
            assertEquals(List.of("0 1 1", "1 1 1"), rig.heard());
            rig.tell(0, ControlEvent.PORT_READY, 1);
            assertEquals(List.of("0 4 1", "0 5 0 80x24", "0 7 1 tty", "0 6 1"), rig.heard());
            rig.tell(1, ControlEvent.PORT_READY, 1);
            assertEquals(List.of("1 7 1 agent"), rig.heard());
            agent.events().opened();
            rig.serve();
            assertEquals(List.of("1 6 1"), rig.heard());
        }
    }

    @Test
    void hostThatComesAndGoesIsTold() throws Exception {
        try (PortRig rig = new PortRig(1, true)) {
            FakeEnd end = rig.add(0, AGENT);
            end.events().opened();
            end.events().closed();
            rig.bringUp(0);
            assertEquals(List.of("0 1 1", "0 7 1 agent"), rig.heard());
            end.events().opened();
            rig.serve();
            end.events().closed();
            end.events().opened();
            rig.serve();
            assertEquals(List.of("0 6 1", "0 6 0", "0 6 1"), rig.heard());
            end.events().opened();
            end.events().closed();
            rig.serve();
            assertEquals(List.of("0 6 0"), rig.heard());
        }
    }

    @Test
    void messagesWaitForChains() throws Exception {
        try (PortRig rig = new PortRig(2, true)) {
            rig.add(0, CONSOLE).events().opened();
            rig.add(1, AGENT).events().opened();
            rig.start(3);
            Queue control = rig.start(2);
            rig.tell(0, ControlEvent.DEVICE_READY, 1);
            rig.tell(0, ControlEvent.PORT_READY, 1);
            rig.tell(1, ControlEvent.PORT_READY, 1);
            List<String> heard = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                control.offer(1);
                rig.serve();
                heard.addAll(rig.heard());
                assertEquals(0, control.inFlight());
            }
            assertEquals(List.of("0 1 1", "0 4 1", "0 6 1", "1 1 1", "1 7 1 agent", "1 6 1"), heard);
        }
    }

    @Test
    void chainTooSmallForAMessageComesBackEmptyAndTheMessageWaits() throws Exception {
        try (PortRig rig = new PortRig(1, true)) {
            rig.add(0, AGENT);
            rig.start(3);
            Queue control = rig.start(2);
            control.offerOf(7);
            control.offerOf(8);
            control.offerOf(12);
            control.offerOf(9, 4);
            rig.tell(0, ControlEvent.DEVICE_READY, 1);
            rig.tell(0, ControlEvent.PORT_READY, 1);
            assertEquals(List.of(0L, 8L, 0L, 13L), control.lengths());
            assertEquals(2, rig.ports().counters().ignored());
        }
    }

    @Test
    void messagesThatCannotBeAreIgnoredAndCounted() throws Exception {
        try (PortRig rig = new PortRig(2, true)) {
            rig.add(0, CONSOLE);
            rig.start(3);
            rig.start(2).offer(5);
            rig.tell(0, ControlEvent.PORT_READY, 1); // not announced
            rig.tell(0, ControlEvent.DEVICE_READY, 0);
            rig.tell(0, ControlEvent.DEVICE_READY, 1);
            rig.tell(1, ControlEvent.PORT_READY, 1); // not there
            rig.tell(-1, ControlEvent.PORT_OPEN, 1);
            rig.tell(0x7fff_ffff, ControlEvent.PORT_OPEN, 1);
            rig.tell(0, ControlEvent.PORT_ADD, 1); // the device's
            rig.tell(0, 0x777, 1);
            rig.queue(3).send(new byte[7]);
            rig.queue(3).offer(1);
            rig.serve();
            assertEquals(9, rig.ports().counters().ignored());
            assertEquals(List.of("0 1 1"), rig.heard());
            assertEquals(10, rig.queue(3).lengths().size());
        }
    }

    @Test
    void driverThatAsksAgainIsToldOfNoPortTwice() throws Exception {
        try (PortRig rig = new PortRig(1, true)) {
            rig.add(0, AGENT);
            rig.bringUp(0);
            for (int i = 0; i < 5; i++) {
                rig.tell(0, ControlEvent.DEVICE_READY, 1);
                rig.tell(0, ControlEvent.PORT_READY, 1);
            }
            List<String> heard = rig.heard();
            assertEquals(1, heard.stream().filter("0 1 1"::equals).count(), heard.toString());
        }
    }

    @Test
    void inputWaitsUntilTheGuestOpensThePort() throws Exception {
        try (PortRig rig = new PortRig(2, true)) {
            FakeEnd end = rig.add(1, AGENT);
            rig.bringUp(1);
            Queue input = rig.start(4);
            input.offer(5);
            end.type("early");
            rig.serve();
            assertFalse(end.wantsInput());
            assertEquals(5, end.unread());
            rig.tell(1, ControlEvent.PORT_OPEN, 1);
            end.poll();
            rig.serve();
            assertEquals("early", input.text());
            rig.tell(1, ControlEvent.PORT_OPEN, 0);
            end.type("late");
            rig.serve();
            assertEquals(List.of(), input.lengths());
            assertEquals(List.of("opened", "closed"), end.told());
        }
    }

    @Test
    void newSizeIsToldToConsolesAndPortZeroIsTheConfigurations() throws Exception {
        try (PortRig rig = new PortRig(3, true)) {
            FakeEnd zero = rig.add(0, CONSOLE);
            FakeEnd one = rig.add(1, CONSOLE);
            FakeEnd serial = rig.add(2, AGENT);
            rig.bringUp(0, 1, 2);
            int resizes = rig.resizes();
            List<String> _ = rig.heard();
            zero.events().resized(100, 30);
            one.events().resized(90, 20);
            serial.events().resized(1, 1);
            rig.serve();
            assertEquals(List.of("0 5 0 100x30", "1 5 0 90x20"), rig.heard());
            assertEquals(resizes + 1, rig.resizes());
            assertEquals(new TerminalSize(100, 30), rig.ports().size());
        }
    }

    @Test
    void portAddedAtRunTimeIsAnnouncedAndRemovedAgain() throws Exception {
        try (PortRig rig = new PortRig(3, true)) {
            rig.add(0, CONSOLE);
            rig.bringUp(0);
            Queue output = rig.start(7);
            Queue input = rig.start(6);
            input.offer(5);
            List<String> _ = rig.heard();
            FakeEnd end = rig.add(2, AGENT);
            rig.serve();
            assertEquals(List.of("2 1 1"), rig.heard());
            rig.tell(2, ControlEvent.PORT_READY, 1);
            rig.tell(2, ControlEvent.PORT_OPEN, 1);
            output.send("out");
            end.type("in");
            rig.serve();
            assertEquals("out", end.text());
            assertEquals("in", input.text());
            end.room(0);
            output.send("stuck");
            rig.serve();
            assertTrue(rig.ports().remove(2));
            rig.serve();
            assertTrue(end.isClosed());
            assertEquals(0, output.inFlight());
            assertEquals(List.of("2 7 1 agent", "2 2 1"), rig.heard());
            assertNull(rig.ports().port(2));
            assertFalse(rig.ports().remove(2));
        }
    }

    @Test
    void portThatTheGuestHasNotHeardOfIsRemovedSilently() throws Exception {
        try (PortRig rig = new PortRig(2, true)) {
            rig.add(0, CONSOLE);
            rig.start(3);
            Queue control = rig.start(2);
            rig.tell(0, ControlEvent.DEVICE_READY, 1);
            rig.add(1, AGENT);
            assertTrue(rig.ports().remove(1));
            rig.add(1, PortTraits.of("next"));
            control.offer(5);
            rig.serve();
            assertEquals(List.of("0 1 1", "1 1 1"), rig.heard());
        }
    }

    @Test
    void numberIsUsedAgainOnlyBehindTheRemoval() throws Exception {
        try (PortRig rig = new PortRig(1, true)) {
            rig.add(0, AGENT);
            rig.bringUp(0);
            List<String> _ = rig.heard();
            assertTrue(rig.ports().remove(0));
            rig.add(0, PortTraits.of("next"));
            rig.serve();
            assertEquals(List.of("0 2 1", "0 1 1"), rig.heard());
        }
    }

    @Test
    void driverThatIsGoneIsForgotten() throws Exception {
        try (PortRig rig = new PortRig(1, true)) {
            FakeEnd end = rig.add(0, AGENT);
            end.events().opened();
            rig.bringUp(0);
            rig.tell(0, ControlEvent.PORT_OPEN, 1);
            Queue input = rig.start(0);
            end.type("typed for the old guest");
            List<String> _ = rig.heard();
            rig.ports().reset();
            assertEquals(List.of("opened", "closed"), end.told());
            rig.serve();
            assertEquals(List.of(), rig.heard());
            rig.tell(0, ControlEvent.DEVICE_READY, 1);
            rig.tell(0, ControlEvent.PORT_READY, 1);
            rig.tell(0, ControlEvent.PORT_OPEN, 1);
            assertEquals(List.of("0 1 1", "0 7 1 agent", "0 6 1"), rig.heard());
            input.offer(1);
            rig.serve();
            assertEquals(List.of(), input.lengths());
        }
    }

    @Test
    void stateGoesOnInAnotherDevice() throws Exception {
        List<PortState> states;
        try (PortRig rig = new PortRig(2, true)) {
            rig.add(0, CONSOLE).events().opened();
            rig.add(1, AGENT).events().opened();
            rig.bringUp(0, 1);
            rig.tell(1, ControlEvent.PORT_OPEN, 1);
            states = rig.ports().states();
            assertTrue(rig.ports().driverReady());
        }
        try (PortRig rig = new PortRig(3, true)) {
            rig.add(0, CONSOLE).events().opened();
            FakeEnd agent = rig.add(1, AGENT); // nobody is there
            rig.add(2, PortTraits.of("new"));
            rig.ports().restore(true, states);
            rig.start(3);
            rig.start(2).offer(10);
            Queue input = rig.start(4);
            input.offer(1);
            rig.serve();
            assertEquals(List.of("1 6 0", "2 1 1"), rig.heard());
            agent.type("for the program that was there");
            rig.serve();
            assertEquals("for the program that was there", input.text());
        }
    }

    @Test
    void fiveHundredAndTwelvePorts() throws Exception {
        int most = 512;
        try (PortRig rig = new PortRig(most, true)) {
            List<FakeEnd> ends = new ArrayList<>();
            for (int i = 0; i < most; i++) {
                ends.add(rig.add(i, PortTraits.of("port" + i)));
            }
            rig.start(3);
            Queue control = rig.start(2);
            rig.tell(0, ControlEvent.DEVICE_READY, 1);
            List<String> heard = new ArrayList<>();
            while (heard.size() < most) {
                control.offerOf(20);
                rig.serve();
                heard.addAll(rig.heard());
            }
            assertEquals("511 1 1", heard.getLast());
            rig.tell(511, ControlEvent.PORT_READY, 1);
            rig.tell(511, ControlEvent.PORT_OPEN, 1);
            Queue input = rig.start(2 * 511 + 2);
            Queue output = rig.start(2 * 511 + 3);
            input.offer(1);
            output.send("from the last");
            ends.get(511).type("to the last");
            rig.serve();
            assertEquals("from the last", ends.get(511).text());
            assertEquals("to the last", input.text());
        }
    }

    @Test
    void filesAreOpenedAgain() throws Exception {
        try (PortRig rig = new PortRig(1, true)) {
            FakeEnd end = rig.add(0, AGENT);
            rig.ports().reopen();
            assertEquals(List.of("reopen"), end.told());
        }
    }
}

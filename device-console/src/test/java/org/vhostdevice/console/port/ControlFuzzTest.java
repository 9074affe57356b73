package org.vhostdevice.console.port;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.vhostdevice.console.port.PortRig.Queue;

/// Any control messages of a guest, among ports and hosts that come and go: every chain comes back, and the guest is
/// never told what the specification forbids (VIRTIO 1.4, 5.3.6.2.1).
class ControlFuzzTest {
    private static final int PORTS = 4;
    private static final int MOST_STEPS = 100;

    private final Set<Integer> known = new HashSet<>();

    @FuzzTest
    void everyMessageIsSurvived(byte[] input) throws Exception {
        known.clear();
        try (PortRig rig = new PortRig(PORTS, true)) {
            FakeEnd[] ends = new FakeEnd[PORTS];
            Queue control = rig.start(3);
            Queue answers = rig.start(2);
            answers.offer(20);
            int sent = 0;
            int at = 0;
            for (int step = 0; step < MOST_STEPS && at < input.length; step++) {
                int length = Math.min(input[at] & 15, input.length - at - 1);
                byte[] body = Arrays.copyOfRange(input, at + 1, at + 1 + length);
                switch ((input[at] >> 4) & 7) {
                    case 0 -> plug(rig, ends, input[at] & 3);
                    case 1 -> unplug(rig, ends, input[at] & 3);
                    case 2 -> open(ends[input[at] & 3], (input[at] & 4) != 0);
                    case 3 -> {
                        rig.ports().reset();
                        known.clear();
                    }
                    default -> {
                        control.send(body);
                        sent++;
                    }
                }
                rig.serve();
                hear(rig);
                if (answers.inFlight() == 0 && sent % 20 == 19) {
                    answers.offer(2);
                }
                at += 1 + length;
            }
            assertEquals(sent, control.lengths().size());
        }
    }

    private static void plug(PortRig rig, FakeEnd[] ends, int number) throws Exception {
        if (rig.ports().port(number) == null) {
            ends[number] = rig.add(number, PortTraits.of(number == 0 ? "" : "port" + number));
        }
    }

    private static void unplug(PortRig rig, FakeEnd[] ends, int number) {
        if (rig.ports().remove(number)) {
            assertTrue(ends[number].isClosed());
            ends[number] = null;
        }
    }

    private static void open(FakeEnd end, boolean now) {
        if (end != null && now) {
            end.events().opened();
        } else if (end != null) {
            end.events().closed();
        }
    }

    private void hear(PortRig rig) {
        for (String message : rig.heard()) {
            String[] words = message.split(" ", -1);
            int number = Integer.parseInt(words[0]);
            assertTrue(number >= 0 && number < PORTS, message);
            switch (Integer.parseInt(words[1])) {
                case ControlEvent.PORT_ADD -> assertTrue(known.add(number), message);
                case ControlEvent.PORT_REMOVE -> assertTrue(known.remove(number), message);
                default -> assertTrue(known.contains(number), message);
            }
        }
    }
}

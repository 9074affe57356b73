package org.vhostdevice.core.check;

import static org.vhostdevice.core.check.Check.must;

import java.io.IOException;
import java.util.List;

/// When rings are processed, in either format.
final class RingChecks {
    private static final String STATES = "vhost-user, Ring states";

    static final CheckSuite SUITE = CheckSuite.onRings(
            "rings",
            List.of(
                    must("U1", STATES, "a ring that is stopped is not processed", RingChecks::stopped),
                    must("U2", STATES, "a ring that is disabled has no side effects", RingChecks::disabled)));

    private RingChecks() {}

    private static void stopped(Rig rig) throws IOException {
        LiveDevice device = rig.started();
        rig.requireServes(device, "on a started ring");
        LiveRing ring = rig.ring(device);
        int _ = device.client().getVringBase(ring.index());
        Request request = Request.of(device, rig.probe());
        int _ = ring.submit(request.chain());
        ring.requireUnused("the ring is stopped");
        CheckEnded.require(request.untouched(), "buffers of a stopped ring stay as they are", "they were written");
    }

    private static void disabled(Rig rig) throws IOException {
        LiveDevice device = rig.started();
        LiveRing ring = rig.ring(device);
        device.enable(ring, false);
        Request request = Request.of(device, rig.probe());
        int id = ring.submit(request.chain());
        ring.requireUnused("the ring is disabled");
        device.enable(ring, true);
        Used _ = rig.requireAnswer(ring, request, id, "made available while the ring was disabled");
    }
}

package org.vhostdevice.core.check;

import static org.vhostdevice.core.check.Check.must;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/// Split virtqueues.
final class SplitChecks {
    static final CheckSuite SUITE = CheckSuite.onRings(
            "split",
            RingFormat.SPLIT,
            List.of(must(
                    "S3", "VIRTIO 1.4, 2.7.5.1", "descriptor table entries are not written", SplitChecks::unwritten)));

    private SplitChecks() {}

    private static void unwritten(Rig rig) throws IOException {
        LiveDevice device = rig.started();
        LiveRing ring = rig.ring(device);
        Request request = Request.of(device, rig.probe());
        int id = ring.submit(request.chain());
        byte[] before = ring.ring().descriptors();
        Used _ = rig.requireAnswer(ring, request, id, "on a split ring");
        CheckEnded.require(
                Arrays.equals(before, ring.ring().descriptors()),
                "the descriptor table stays as it is",
                "the device wrote to it");
    }
}

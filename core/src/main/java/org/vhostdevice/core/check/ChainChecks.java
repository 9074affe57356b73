package org.vhostdevice.core.check;

import static org.vhostdevice.core.check.Check.must;
import static org.vhostdevice.core.check.Check.should;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What devices make of chains, in either format.
final class ChainChecks {
    private static final String FRAMING = "VIRTIO 1.4, 2.7.4.1";
    private static final String TABLE = "VIRTIO 1.4, 2.7.5.1 and 2.8.15";
    private static final String USED = "VIRTIO 1.4, 2.7.8.2";
    private static final Need INDIRECT = Need.feature(Bits.INDIRECT_DESC, "INDIRECT_DESC");
    private static final int[] ODD = {1, 3, 8, 4, 2, 64, 1, 127};
    private static final int ROUNDS = 200;
    private static final int RING = 128;

    static final CheckSuite SUITE = CheckSuite.onRings(
            "chains",
            Check.alsoNeeding(
                    Need.KIND,
                    List.of(
                            must(
                                    "S1a",
                                    FRAMING,
                                    "either part of a request may come in odd pieces",
                                    ChainChecks::pieces),
                            must("S1b", FRAMING, "either part may come in pieces of 8 bytes", ChainChecks::eights),
                            must(
                                            "S1c",
                                            FRAMING,
                                            "odd pieces may come through an indirect table",
                                            ChainChecks::indirectPieces)
                                    .needing(INDIRECT),
                            must("S2", TABLE, "device-readable buffers are not written", ChainChecks::readable),
                            must(
                                    "S9a",
                                    USED,
                                    "the used length is what was written, from the start",
                                    ChainChecks::length),
                            must(
                                            "S3a",
                                            "VIRTIO 1.4, 2.7.5.3",
                                            "a request may come through an indirect table",
                                            ChainChecks::indirect)
                                    .needing(INDIRECT),
                            should(
                                            "S4b",
                                            "VIRTIO 1.4, 2.8.7",
                                            "WRITE means nothing beside INDIRECT",
                                            ChainChecks::marked)
                                    .needing(INDIRECT),
                            must("S15a", "VIRTIO 1.4, 2.6", "every request of many is used once", ChainChecks::many),
                            must(
                                    "S15b",
                                    "VIRTIO 1.4, 2.6",
                                    "a batch that fills the ring is used",
                                    ChainChecks::batch))));

    private ChainChecks() {}

    private static Request cut(Rig rig, LiveDevice device, int... lengths) {
        return Request.cut(device.memory(), rig.probe().request(), rig.probe().answerBytes(), lengths);
    }

    private static void pieces(Rig rig) throws IOException {
        LiveDevice device = rig.started(rig.plan().withRingSize(RING));
        Request request = cut(rig, device, ODD);
        Used _ = rig.requireAnswered(rig.ring(device), request, "in odd pieces");
        request.requireIntact();
    }

    private static void eights(Rig rig) throws IOException {
        LiveDevice device = rig.started(rig.plan().withRingSize(RING));
        Request request = cut(rig, device, Long.BYTES);
        Used _ = rig.requireAnswered(rig.ring(device), request, "in pieces of 8 bytes");
        request.requireIntact();
    }

    private static void indirectPieces(Rig rig) throws IOException {
        LiveDevice device = rig.started();
        Request request = cut(rig, device, ODD);
        Used _ = rig.requireIndirect(device, 0, request, 0, "in odd pieces through an indirect table");
    }

    private static void indirect(Rig rig) throws IOException {
        LiveDevice device = rig.started();
        Used _ = rig.requireIndirect(device, 0, Request.of(device, rig.probe()), 0, "through an indirect table");
    }

    private static void marked(Rig rig) throws IOException {
        LiveDevice device = rig.started();
        Used _ = rig.requireIndirect(
                device, 0, Request.of(device, rig.probe()), Bits.WRITE, "through a table marked as writable");
    }

    private static void readable(Rig rig) throws IOException {
        LiveDevice device = rig.started();
        for (int i = 0; i < 3; i++) {
            Request request = Request.of(device, rig.probe());
            Used _ = rig.requireAnswered(rig.ring(device), request, "whose buffers are watched");
            request.requireIntact();
        }
    }

    private static void length(Rig rig) throws IOException {
        LiveDevice device = rig.started();
        Request request = Request.of(device, rig.probe());
        Used used = rig.requireAnswered(rig.ring(device), request, "whose length is compared");
        request.requireLength(used);
        CheckEnded.require(
                used.length() >= rig.probe().leastAnswer(),
                "a used length of " + rig.probe().leastAnswer() + " or more",
                String.valueOf(used.length()));
        rig.saw(used.length() + " bytes");
    }

    private static void many(Rig rig) throws IOException {
        LiveDevice device = rig.started();
        for (int i = 0; i < ROUNDS; i++) {
            rig.requireServes(device, "number " + i);
        }
        rig.ring(device).requireUnused("nothing is available");
    }

    private static void batch(Rig rig) throws IOException {
        LiveDevice device = rig.started();
        LiveRing ring = rig.ring(device);
        Set<Integer> waiting = new HashSet<>();
        Request request = Request.of(device, rig.probe());
        int most = ring.ring().size() / request.chain().size();
        for (int i = 0; i < most; i++) {
            boolean _ =
                    waiting.add(ring.ring().add(Request.of(device, rig.probe()).chain()));
        }
        ring.publishAndKick();
        for (int i = 0; i < most; i++) {
            Used used = ring.awaitUsed("request " + i + " of " + most);
            CheckEnded.require(waiting.remove(used.id()), "one of chains " + waiting + " is used", used.toString());
        }
    }
}

package org.vhostdevice.core.check;

import static org.vhostdevice.core.check.Check.must;
import static org.vhostdevice.core.check.Check.should;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/// What split virtqueues alone have.
final class SplitChecks {
    private static final String TABLE = "VIRTIO 1.4, 2.7.5.1";
    private static final String INDIRECT_RULES = "VIRTIO 1.4, 2.7.5.3.2";
    private static final String SUPPRESSION = "VIRTIO 1.4, 2.7.7.2";
    private static final String USED_FLAGS = "VIRTIO 1.4, 2.7.10.2";
    private static final Need INDIRECT = Need.feature(Bits.INDIRECT_DESC, "INDIRECT_DESC");
    private static final Need EVENT_IDX = Need.feature(Bits.EVENT_IDX, "EVENT_IDX");
    private static final int BIG = 1024;

    static final CheckSuite SUITE = CheckSuite.onRings(
            "split",
            RingFormat.SPLIT,
            Check.alsoNeeding(
                    Need.KIND,
                    List.of(
                            must("S3", TABLE, "descriptor table entries are not written", SplitChecks::unwritten),
                            must(
                                            "S4",
                                            INDIRECT_RULES,
                                            "WRITE means nothing on what refers to a table",
                                            SplitChecks::marked)
                                    .needing(INDIRECT),
                            must(
                                            "S5",
                                            INDIRECT_RULES,
                                            "normal descriptors may come before an indirect one",
                                            SplitChecks::mixed)
                                    .needing(INDIRECT),
                            must(
                                    "S6d",
                                    SUPPRESSION,
                                    "without EVENT_IDX used_event means nothing",
                                    SplitChecks::eventIgnored),
                            must(
                                            "S7d",
                                            SUPPRESSION,
                                            "with EVENT_IDX bit 0 of the flags means nothing",
                                            SplitChecks::flagIgnored)
                                    .needing(EVENT_IDX),
                            must("S10a", USED_FLAGS, "without EVENT_IDX used.flags is 0 or 1", SplitChecks::usedFlags),
                            must("S10b", USED_FLAGS, "with EVENT_IDX used.flags is 0", SplitChecks::usedFlagsWithEvents)
                                    .needing(EVENT_IDX),
                            must(
                                    "S13",
                                    "VIRTIO 1.4, 2.6",
                                    "rings of 2 and of 1024 entries are served",
                                    SplitChecks::sizes),
                            should(
                                    "S14",
                                    "VIRTIO 1.4, 2.7.10.2",
                                    "kicks are asked for when the ring was empty",
                                    SplitChecks::kicks))));

    private SplitChecks() {}

    private static void unwritten(Rig rig) throws IOException {
        LiveDevice device = rig.started();
        LiveRing ring = rig.ring(device);
        Request request = Request.of(device, rig.probe());
        int id = ring.ring().add(request.chain());
        byte[] before = ring.ring().descriptors();
        ring.publishAndKick();
        Used _ = rig.requireAnswer(ring, request, id, "on a split ring");
        CheckEnded.require(
                Arrays.equals(before, ring.ring().descriptors()),
                "the descriptor table stays as it is",
                "the device wrote to it");
    }

    private static void marked(Rig rig) throws IOException {
        LiveDevice device = rig.started();
        Used _ = rig.requireIndirect(
                device, 0, Request.of(device, rig.probe()), Bits.WRITE, "through a table marked as writable");
    }

    private static void mixed(Rig rig) throws IOException {
        LiveDevice device = rig.started();
        Request request =
                Request.cut(device.memory(), rig.probe().request(), rig.probe().answerBytes(), 8, 8, 64, 256);
        for (int direct = 1; direct < Math.min(request.chain().size(), 4); direct++) {
            Used _ = rig.requireIndirect(
                    device, direct, request, 0, "with " + direct + " normal descriptors before an indirect one");
        }
    }

    private static SplitCheckRing split(Rig rig, LiveDevice device) {
        if (rig.ring(device).ring() instanceof SplitCheckRing ring) {
            return ring;
        }
        throw new IllegalStateException("not a split ring");
    }

    private static void eventIgnored(Rig rig) throws IOException {
        LiveDevice device = rig.settled(rig.plan().without(Bits.EVENT_IDX));
        for (int event : new int[] {0, 100, 0xffff}) {
            split(rig, device).event(event);
            rig.requireServes(device, "with used_event " + event);
            rig.ring(device).requireCall("used_event means nothing");
        }
    }

    private static void flagIgnored(Rig rig) throws IOException {
        LiveDevice device = rig.settled(rig.plan());
        LiveRing ring = rig.ring(device);
        ring.ring().silenceByFlag(true);
        ring.ring().callAfter(0);
        rig.requireServes(device, "with bit 0 of the flags");
        ring.requireCall("the event index decides");
    }

    private static void usedFlags(Rig rig) throws IOException {
        requireFlags(rig, rig.started(rig.plan().without(Bits.EVENT_IDX)), 1);
    }

    private static void usedFlagsWithEvents(Rig rig) throws IOException {
        requireFlags(rig, rig.started(), 0);
    }

    private static void requireFlags(Rig rig, LiveDevice device, int most) throws IOException {
        for (int i = 0; i < 4; i++) {
            rig.requireServes(device, "whose ring flags are watched");
            int flags = rig.ring(device).ring().deviceFlags();
            CheckEnded.require(flags <= most, "used.flags of at most " + most, "used.flags " + flags);
        }
    }

    private static void sizes(Rig rig) throws IOException {
        for (int size : new int[] {4, BIG}) {
            LiveDevice device = rig.started(rig.plan().withRingSize(size));
            for (int i = 0; i < 2 * size && i < BIG; i++) {
                rig.requireServes(device, "on a ring of " + size);
            }
        }
    }

    private static void kicks(Rig rig) throws IOException {
        LiveDevice device = rig.started();
        LiveRing ring = rig.ring(device);
        rig.requireServes(device, "at first");
        rig.wire(device.client()).requireInStep("a request");
        ring.requireUnused("nothing is available");
        Request request = Request.of(device, rig.probe());
        int id = ring.ring().add(request.chain());
        ring.ring().publish();
        boolean wanted = ring.ring().kickWanted();
        if (wanted) {
            ring.kick();
        }
        Used _ = rig.requireAnswer(ring, request, id, "for which a kick was " + (wanted ? "" : "not ") + "wanted");
    }
}

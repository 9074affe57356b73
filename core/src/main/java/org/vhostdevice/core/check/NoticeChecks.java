package org.vhostdevice.core.check;

import static org.vhostdevice.core.check.Check.must;
import static org.vhostdevice.core.check.Check.should;

import java.io.IOException;
import java.util.List;

/// When devices notify of used buffers, in either format.
final class NoticeChecks {
    private static final String SUPPRESSION = "VIRTIO 1.4, 2.7.7.2 and 2.8.10";
    private static final Need EVENT_IDX = Need.feature(Bits.EVENT_IDX, "EVENT_IDX");
    private static final int KICKS = 50;
    private static final int LATER = 3;

    static final CheckSuite SUITE = CheckSuite.onRings(
            "notifications",
            Check.alsoNeeding(
                    Need.KIND,
                    List.of(
                            must(
                                    "S6a",
                                    SUPPRESSION,
                                    "a used buffer is notified of if the driver wants it",
                                    NoticeChecks::wanted),
                            should(
                                    "S6b",
                                    SUPPRESSION,
                                    "no notification is sent while flags ask for none",
                                    NoticeChecks::silent),
                            must(
                                    "S6c",
                                    SUPPRESSION,
                                    "notifications come again when flags allow them",
                                    NoticeChecks::wantedAgain),
                            must(
                                            "S7a",
                                            SUPPRESSION,
                                            "with EVENT_IDX the driver is notified at its event",
                                            NoticeChecks::atEvent)
                                    .needing(EVENT_IDX),
                            should(
                                            "S7b",
                                            SUPPRESSION,
                                            "with EVENT_IDX there is no notification before",
                                            NoticeChecks::beforeEvent)
                                    .needing(EVENT_IDX),
                            must(
                                            "S7c",
                                            SUPPRESSION,
                                            "with EVENT_IDX also where indices wrap",
                                            NoticeChecks::aroundTheWrap)
                                    .needing(EVENT_IDX),
                            must(
                                    "S11",
                                    "VIRTIO 1.4, 2.3",
                                    "spurious notifications do no harm",
                                    NoticeChecks::spurious))));

    private NoticeChecks() {}

    private static LiveDevice byFlags(Rig rig) throws IOException {
        return rig.settled(rig.plan().without(Bits.EVENT_IDX));
    }

    private static void wanted(Rig rig) throws IOException {
        LiveDevice device = byFlags(rig);
        for (int i = 0; i < LATER; i++) {
            rig.requireServes(device, "number " + i);
            rig.ring(device).requireCall("notifications are wanted");
        }
    }

    private static void silent(Rig rig) throws IOException {
        LiveDevice device = byFlags(rig);
        rig.ring(device).ring().silenceByFlag(true);
        rig.requireServes(device, "without notification");
        rig.ring(device).requireSilent("flags ask for silence");
    }

    private static void wantedAgain(Rig rig) throws IOException {
        LiveDevice device = byFlags(rig);
        LiveRing ring = rig.ring(device);
        ring.ring().silenceByFlag(true);
        rig.requireServes(device, "without notification");
        boolean _ = ring.awaitCall(LiveRing.QUIET);
        ring.ring().silenceByFlag(false);
        rig.requireServes(device, "with notification");
        ring.requireCall("notifications are wanted again");
    }

    private static void atEvent(Rig rig) throws IOException {
        LiveDevice device = rig.started();
        requireCallAt(rig, device, 0);
        requireCallAt(rig, device, 1);
        requireCallAt(rig, device, LATER);
    }

    /// Chains may have several descriptors, so that the event of a packed ring is the first one of a chain.
    private static void requireCallAt(Rig rig, LiveDevice device, int after) throws IOException {
        LiveRing ring = rig.ring(device);
        int pieces = rig.format() == RingFormat.PACKED
                ? Request.of(device, rig.probe()).chain().size()
                : 1;
        ring.forgetCalls();
        ring.ring().callAfter(after * pieces);
        for (int i = 0; i < after; i++) {
            rig.requireServes(device, "before the event");
        }
        ring.forgetCalls();
        rig.requireServes(device, "at the event");
        ring.requireCall("the used buffer is the one asked for, " + after + " buffers later");
    }

    private static void beforeEvent(Rig rig) throws IOException {
        LiveDevice device = rig.settled(rig.plan());
        LiveRing ring = rig.ring(device);
        ring.ring().callAfter(2 * LATER);
        rig.requireServes(device, "before the event");
        ring.requireSilent("the event is not reached");
    }

    private static void aroundTheWrap(Rig rig) throws IOException {
        LiveDevice device = rig.device(rig.plan());
        LiveRing ring = rig.ring(device);
        ring.ring().resume(rig.format() == RingFormat.SPLIT ? 0xfffd : 0x803e_803e);
        LiveDevice _ = device.start();
        for (int i = 0; i < 2 * LATER; i++) {
            requireCallAt(rig, device, 0);
        }
    }

    private static void spurious(Rig rig) throws IOException {
        LiveDevice device = rig.started();
        for (int round = 0; round < 2; round++) {
            LiveRing ring = rig.ring(device);
            for (int i = 0; i < KICKS; i++) {
                ring.kick();
            }
            ring.requireUnused("nothing is available");
            rig.requireServes(device, "after kicks for nothing");
        }
        rig.ring(device).requireUnused("nothing else is available");
    }
}

package org.vhostdevice.core.check;

import static org.vhostdevice.core.check.Check.must;
import static org.vhostdevice.core.check.Check.should;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// What packed virtqueues alone have.
final class PackedChecks {
    private static final String WRAP = "VIRTIO 1.4, 2.8.1 and 2.8.12";
    private static final String USED = "VIRTIO 1.4, 2.8.12";
    private static final String CHAINS = "VIRTIO 1.4, 2.8.18";
    private static final int ROUNDS = 100;
    private static final int[] SIZES = {3, 5, 7, 64, 100};

    static final CheckSuite SUITE = CheckSuite.onRings(
            "packed",
            RingFormat.PACKED,
            Check.alsoNeeding(
                    Need.KIND,
                    List.of(
                            must(
                                    "P4a",
                                    WRAP,
                                    "a descriptor is used only after its flag has changed, in any turn",
                                    PackedChecks::turns),
                            must(
                                    "P4b",
                                    "VIRTIO 1.4, 2.8",
                                    "sizes that are no powers of two are served",
                                    PackedChecks::sizes),
                            must("P5", USED, "a descriptor is not changed after it was used", PackedChecks::usedStay),
                            must("P1", USED, "processing starts in the order of the ring", PackedChecks::order),
                            must("P6", CHAINS, "chained descriptors belong together", PackedChecks::chained),
                            should(
                                    "P7",
                                    "VIRTIO 1.4, 2.8.14",
                                    "the device's event structure is one of the three kinds",
                                    PackedChecks::events))));

    private PackedChecks() {}

    private static void turns(Rig rig) throws IOException {
        LiveDevice device = rig.started(rig.plan().withRingSize(8));
        for (int i = 0; i < ROUNDS; i++) {
            rig.requireServes(device, "in turn " + i);
        }
        rig.ring(device).requireUnused("nothing is available");
    }

    private static void sizes(Rig rig) throws IOException {
        for (int size : SIZES) {
            LiveDevice device = rig.started(rig.plan().withRingSize(size));
            for (int i = 0; i < ROUNDS; i++) {
                rig.requireServes(device, "on a ring of " + size);
            }
        }
    }

    private static void usedStay(Rig rig) throws IOException {
        LiveDevice device = rig.started();
        LiveRing ring = rig.ring(device);
        int each = Request.of(device, rig.probe()).chain().size();
        rig.requireServes(device, "at first");
        byte[] before = Arrays.copyOf(ring.ring().descriptors(), each * CheckRing.DESCRIPTOR);
        for (int i = 1; i < ring.ring().size() / each; i++) {
            rig.requireServes(device, "number " + i);
        }
        byte[] after = Arrays.copyOf(ring.ring().descriptors(), before.length);
        CheckEnded.require(Arrays.equals(before, after), "used descriptors stay as they are", "they were changed");
    }

    private static void order(Rig rig) throws IOException {
        LiveDevice device = rig.started();
        LiveRing ring = rig.ring(device);
        int first = ring.ring().add(Request.of(device, rig.probe()).chain());
        int second = ring.ring().add(Request.of(device, rig.probe()).chain());
        ring.publishAndKick();
        int one = ring.awaitUsed("the first of two requests").id();
        int other = ring.awaitUsed("the second of two requests").id();
        CheckEnded.requireEqual("buffer ids", Set.of(first, second), new TreeSet<>(List.of(one, other)));
    }

    private static void chained(Rig rig) throws IOException {
        LiveDevice device = rig.started();
        for (int i = 0; i < ROUNDS; i++) {
            Request request = Request.cut(
                    device.memory(), rig.probe().request(), rig.probe().answerBytes(), 7, 64, 256);
            Used _ = rig.requireAnswered(rig.ring(device), request, "of a chain that may cross the ring's end");
            request.requireIntact();
        }
    }

    private static void events(Rig rig) throws IOException {
        LiveDevice device = rig.started();
        for (int i = 0; i < 4; i++) {
            rig.requireServes(device, "whose event structure is watched");
            int flags = rig.ring(device).ring().deviceFlags();
            CheckEnded.require(flags < 3, "flags 0, 1 or 2", "flags " + flags);
        }
    }
}

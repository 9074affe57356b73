package org.vhostdevice.core.check;

import static org.vhostdevice.core.check.Check.must;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.vhostdevice.core.frontend.InflightRegion;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.sys.MappedRegion;

/// The record of requests in flight.
final class InflightChecks {
    private static final String INFLIGHT = "vhost-user, Inflight I/O tracking";
    private static final int ROUNDS = 4;
    private static final int MANY = 256;
    private static final int SPLIT_HEADER = 16;
    private static final int SPLIT_ENTRY = 16;
    private static final int PACKED_HEADER = 31;
    private static final int PACKED_ENTRY = 32;
    private static final int VERSION_AT = 8;
    private static final int SIZE_AT = 10;

    static final CheckSuite SUITE = CheckSuite.onRings(
            "inflight",
            List.of(
                    must("U10a", INFLIGHT, "the region has room for all queues", InflightChecks::room)
                            .needing(Need.protocol(ProtocolFeature.INFLIGHT_SHMFD), Need.KIND),
                    must("U10b", INFLIGHT, "the region has the layout of the text", InflightChecks::layout)
                            .needing(Need.protocol(ProtocolFeature.INFLIGHT_SHMFD), Need.KIND),
                    must("U10c", INFLIGHT, "after a kill each request is used, and used once", InflightChecks::killed)
                            .needing(Need.protocol(ProtocolFeature.INFLIGHT_SHMFD), Need.KIND, Need.RESTART)));

    private InflightChecks() {}

    private static LiveDevice device(Rig rig) throws IOException {
        return device(rig, rig.plan());
    }

    private static LiveDevice device(Rig rig, Plan plan) throws IOException {
        LiveDevice device = rig.device(plan.with(ProtocolFeature.INFLIGHT_SHMFD));
        device.setFeatures();
        return device;
    }

    private static InflightRegion region(LiveDevice device) throws IOException {
        return device.client()
                .getInflightFd(device.rings().size(), device.ring(0).ring().size());
    }

    private static void room(Rig rig) throws IOException {
        LiveDevice device = device(rig);
        try (InflightRegion region = region(device)) {
            Message.Inflight layout = region.layout();
            int size = device.ring(0).ring().size();
            long least = rig.format() == RingFormat.SPLIT
                    ? SPLIT_HEADER + (long) SPLIT_ENTRY * size
                    : PACKED_HEADER + (long) PACKED_ENTRY * size;
            CheckEnded.require(
                    layout.mmapSize() >= least * device.rings().size(),
                    "at least " + least + " bytes for each of " + device.rings().size() + " queues",
                    layout.toString());
            rig.saw(layout.toString());
        }
    }

    private static void layout(Rig rig) throws IOException {
        LiveDevice device = device(rig);
        try (InflightRegion region = region(device);
                MappedRegion map = MappedRegion.map(
                        region.file(),
                        region.layout().mmapOffset(),
                        region.layout().mmapSize(),
                        true)) {
            device.client().setInflightFd(region);
            LiveDevice _ = device.startRings();
            rig.requireServes(device, "with a record of requests in flight");
            long at = region.layout().mmapSize()
                    / device.rings().size()
                    * rig.probe().queue();
            int version = map.segment().get(Le.U16, at + VERSION_AT);
            int size = Short.toUnsignedInt(map.segment().get(Le.U16, at + SIZE_AT));
            CheckEnded.requireEqual("version", 1, version);
            CheckEnded.requireEqual("desc_num", device.ring(0).ring().size(), size);
        }
    }

    /// Has the back end stand still before many requests in some rounds, and amid them in others, and kills it.
    private static void killed(Rig rig) throws IOException {
        LiveDevice device = device(rig, rig.plan().withRingSize(MANY));
        Request one = Request.of(device, rig.probe());
        int before = 0;
        int amid = 0;
        try (InflightRegion region = region(device)) {
            device.client().setInflightFd(region);
            LiveDevice _ = device.startRings();
            for (int round = 0; round < ROUNDS; round++) {
                boolean stands = round % 2 == 0 && rig.target().pause();
                Set<Integer> waiting = stands ? submit(rig.ring(device), one) : pauseAmid(rig, device, one);
                rig.target().killAndRestart();
                drain(rig.ring(device), waiting);
                before += stands ? waiting.size() : 0;
                amid += stands ? 0 : waiting.size();
                device = again(rig, device, region);
                while (!waiting.isEmpty()) {
                    take(rig.ring(device).awaitUsed("a request that was there when the back end was killed"), waiting);
                }
                rig.ring(device).requireUnused("every request was used");
            }
        }
        if (before + amid == 0) {
            throw CheckEnded.skip("the back end did all requests before it was killed");
        }
        rig.saw("the kills left " + before + " requests that came while it stood still, and " + amid + " amid others");
    }

    private static LiveDevice again(Rig rig, LiveDevice device, InflightRegion region) throws IOException {
        LiveDevice next = rig.again(device);
        next.setFeatures();
        next.client().setInflightFd(region);
        LiveDevice _ = next.startRings();
        rig.ring(next).kick();
        return next;
    }

    /// Fills the ring at once.
    private static Set<Integer> submit(LiveRing ring, Request one) {
        Set<Integer> waiting = new HashSet<>();
        for (int i = 0; i < ring.ring().size() / one.chain().size(); i++) {
            boolean _ = waiting.add(ring.ring().add(one.chain()));
        }
        ring.publishAndKick();
        return waiting;
    }

    /// Fills the ring again and again until the back end stands still.
    ///
    /// @return the requests of the last filling that were not seen to be used
    private static Set<Integer> pauseAmid(Rig rig, LiveDevice device, Request one) {
        LiveRing ring = rig.ring(device);
        Set<Integer> waiting = submit(ring, one);
        Thread pause = Thread.ofPlatform().daemon().start(() -> pause(rig.target()));
        while (pause.isAlive()) {
            drain(ring, waiting);
            if (waiting.isEmpty()) {
                waiting = submit(ring, one);
            }
            Thread.onSpinWait();
        }
        return waiting;
    }

    private static void pause(Target target) {
        try {
            boolean _ = target.pause();
        } catch (IOException e) {
            // It is killed all the same, while it runs.
        }
    }

    private static void drain(LiveRing ring, Set<Integer> waiting) {
        for (Optional<Used> used = ring.ring().next();
                used.isPresent();
                used = ring.ring().next()) {
            take(used.get(), waiting);
        }
    }

    private static void take(Used used, Set<Integer> waiting) {
        CheckEnded.require(waiting.remove(used.id()), "each request is used once", "chain " + used.id() + " again");
    }
}

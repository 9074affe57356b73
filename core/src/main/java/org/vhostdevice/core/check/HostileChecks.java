package org.vhostdevice.core.check;

import static org.vhostdevice.core.check.Check.must;
import static org.vhostdevice.core.check.Check.should;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.vhostdevice.core.frontend.BackendDisconnected;
import org.vhostdevice.core.protocol.ProtocolFeature;

/// Rings that break the driver's rules. No clause says what a device does then; it should go on with other front ends,
/// and say that it gave the ring up.
final class HostileChecks {
    private static final String DRIVER_RULES = "VIRTIO 1.4, 2.7 and 2.8 (rules of drivers, broken)";
    private static final long NOWHERE = 1L << 50;
    private static final int LONG = 0x7fff_ffff;

    static final CheckSuite SUITE = CheckSuite.onRings(
            "hostile",
            Check.alsoNeeding(
                    Need.KIND,
                    List.of(
                            should(
                                    "H1",
                                    DRIVER_RULES,
                                    "a buffer outside of memory does no harm",
                                    HostileChecks::outside),
                            should(
                                    "H2",
                                    DRIVER_RULES,
                                    "a buffer that is too long does no harm",
                                    HostileChecks::tooLong),
                            should(
                                            "H3",
                                            DRIVER_RULES,
                                            "an indirect table outside of memory does no harm",
                                            HostileChecks::table)
                                    .needing(Need.feature(Bits.INDIRECT_DESC, "INDIRECT_DESC")),
                            should(
                                            "H4",
                                            DRIVER_RULES,
                                            "an indirect table in an indirect table does no harm",
                                            HostileChecks::nested)
                                    .needing(Need.feature(Bits.INDIRECT_DESC, "INDIRECT_DESC")),
                            should("H5", DRIVER_RULES, "an empty request does no harm", HostileChecks::empty),
                            should(
                                    "H6",
                                    DRIVER_RULES,
                                    "a split ring that cannot be does no harm",
                                    HostileChecks::splitRing),
                            should(
                                            "G17a",
                                            "VIRTIO 1.4, 2.1.2",
                                            "DEVICE_NEEDS_RESET is set when the ring was given up",
                                            HostileChecks::needsReset)
                                    .needing(Need.protocol(ProtocolFeature.STATUS)),
                            must(
                                            "G17b",
                                            "VIRTIO 1.4, 2.1.2",
                                            "the driver is told of DEVICE_NEEDS_RESET as of a configuration",
                                            HostileChecks::told)
                                    .needing(
                                            Need.protocol(ProtocolFeature.STATUS),
                                            Need.protocol(ProtocolFeature.CONFIG),
                                            Need.protocol(ProtocolFeature.BACKEND_REQ)))));

    private HostileChecks() {}

    /// Submits chains, each to a new front end's ring.
    private static void requireHarmless(Rig rig, Descriptor... chain) throws IOException {
        LiveDevice device = rig.started();
        int _ = rig.ring(device).submit(List.of(chain));
        settle(rig, device);
    }

    private static void settle(Rig rig, LiveDevice device) throws IOException {
        LiveRing ring = rig.ring(device);
        String what;
        try {
            Optional<Used> used = ring.pollUsed(LiveRing.QUIET);
            boolean error = used.isEmpty() && ring.awaitError(LiveRing.QUIET);
            what = used.map(u -> "used with length " + u.length())
                    .orElse(error ? "ring given up, with a signal" : "no answer");
            rig.wire(device.client()).requireInStep("a request that cannot be");
        } catch (BackendDisconnected e) {
            what = "connection closed";
        }
        rig.requireServesNext("a request that cannot be");
        rig.requireServes(rig.started(), "of the next front end");
        rig.saw(what);
    }

    private static void outside(Rig rig) throws IOException {
        requireHarmless(rig, new Descriptor(NOWHERE, 16, 0), new Descriptor(NOWHERE, 513, Bits.WRITE));
    }

    private static void tooLong(Rig rig) throws IOException {
        requireHarmless(rig, new Descriptor(Plan.MEMORY, LONG, 0), new Descriptor(Plan.MEMORY, LONG, Bits.WRITE));
    }

    private static void table(Rig rig) throws IOException {
        requireHarmless(rig, new Descriptor(NOWHERE, 32, Bits.INDIRECT));
    }

    private static void nested(Rig rig) throws IOException {
        LiveDevice device = rig.started();
        LiveRing ring = rig.ring(device);
        long at = device.memory().allocate(CheckRing.DESCRIPTOR, CheckRing.DESCRIPTOR);
        Descriptor self = new Descriptor(at, CheckRing.DESCRIPTOR, Bits.INDIRECT);
        ring.ring().table(device.memory().slice(at, CheckRing.DESCRIPTOR), List.of(self));
        int _ = ring.submit(List.of(self));
        settle(rig, device);
    }

    private static void empty(Rig rig) throws IOException {
        requireHarmless(rig, new Descriptor(Plan.MEMORY, 0, 0));
    }

    private static void splitRing(Rig rig) throws IOException {
        if (rig.format() != RingFormat.SPLIT) {
            throw CheckEnded.skip("for split rings");
        }
        for (int fault = 0; fault < 3; fault++) {
            LiveDevice device = rig.started();
            LiveRing ring = rig.ring(device);
            if (ring.ring() instanceof SplitCheckRing split) {
                spoil(split, fault);
            }
            ring.publishAndKick();
            settle(rig, device);
        }
    }

    private static void spoil(SplitCheckRing ring, int fault) {
        switch (fault) {
            case 0 -> ring.makeAvailable(ring.size() + 1);
            case 1 -> ring.overstate(ring.size() + 1);
            default -> {
                ring.put(0, new Descriptor(Plan.MEMORY, 16, 0), Bits.NEXT, 0);
                ring.makeAvailable(0);
            }
        }
    }

    /// Has the device give up a ring for a buffer outside of memory.
    ///
    /// @return the status then
    private static long status(Rig rig, LiveDevice device) throws IOException {
        int _ = rig.ring(device)
                .submit(List.of(new Descriptor(NOWHERE, 16, 0), new Descriptor(NOWHERE, 1, Bits.WRITE)));
        Optional<Used> used = rig.ring(device).pollUsed(LiveRing.QUIET);
        if (used.isPresent()) {
            throw CheckEnded.skip("the device does not give up the ring for a buffer outside of memory");
        }
        return device.client().getStatus();
    }

    private static void needsReset(Rig rig) throws IOException {
        long status = status(rig, rig.started());
        CheckEnded.require((status & Bits.NEEDS_RESET) != 0, "DEVICE_NEEDS_RESET (64)", "status " + status);
    }

    private static void told(Rig rig) throws IOException {
        LiveDevice device = rig.device(rig.plan().with(ProtocolFeature.BACKEND_REQ));
        ChangeNotices notices = rig.notices(device).orElseThrow();
        if ((status(rig, device.start()) & Bits.NEEDS_RESET) == 0) {
            throw CheckEnded.skip("DEVICE_NEEDS_RESET is not set");
        }
        CheckEnded.require(notices.await(rig.options().timeout()), "a message of a change", "none");
    }
}

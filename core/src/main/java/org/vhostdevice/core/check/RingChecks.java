package org.vhostdevice.core.check;

import static org.vhostdevice.core.check.Check.must;
import static org.vhostdevice.core.check.Check.should;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.sys.Capability;
import org.vhostdevice.core.sys.Notification;

/// When rings are processed, in either format.
final class RingChecks {
    private static final String STATES = "vhost-user, Ring states";
    private static final String BASE = "vhost-user, GET_VRING_BASE";
    private static final String SUSPENDED = "vhost-user, Suspended device state";
    private static final String EVENTS = "vhost-user, Support for platforms other than Linux";
    private static final String FILES = "vhost-user, SET_VRING_KICK and SET_VRING_CALL";
    private static final String STATUS = "VIRTIO 1.4, 2.1.2";
    private static final String RESET = "VIRTIO 1.4, 2.4.1";
    private static final int SEVERAL = 5;

    static final CheckSuite SUITE = CheckSuite.onRings(
            "rings",
            Check.alsoNeeding(
                    Need.KIND,
                    List.of(
                            must("U1", STATES, "a stopped ring is not processed", RingChecks::stopped),
                            should("U2", STATES, "a disabled ring waits until it is enabled", RingChecks::disabled),
                            must("U3a", FILES, "SET_VRING_KICK starts the ring", RingChecks::start),
                            should(
                                    "U3b",
                                    FILES,
                                    "buffers that are there at the start need no kick",
                                    RingChecks::noKick),
                            must(
                                    "U4",
                                    STATES,
                                    "without bit 30 all rings are enabled at once",
                                    RingChecks::withoutBit30),
                            must(
                                    "U5a",
                                    SUSPENDED,
                                    "with all rings stopped nothing is written or signalled",
                                    RingChecks::suspended),
                            must("U5b", SUSPENDED, "with all rings stopped messages are answered", RingChecks::answers),
                            must("U14a", EVENTS, "eventfds are served", rig -> events(rig, Notification.Kind.EVENTFD)),
                            must("U14b", EVENTS, "pipes are served", rig -> events(rig, Notification.Kind.PIPE)),
                            should("U14c", EVENTS, "a full pipe for calls does no harm", RingChecks::fullPipe),
                            must("U24a", BASE, "the answer tells what is to be used next", RingChecks::base),
                            must("U24b", BASE, "a ring goes on where it stopped", RingChecks::resumed),
                            must(
                                    "U24c",
                                    "vhost-user, SET_VRING_BASE",
                                    "a ring starts anywhere",
                                    RingChecks::startsAnywhere),
                            must(
                                    "U25a",
                                    STATES,
                                    "the call descriptor may change while the ring runs",
                                    RingChecks::newCall),
                            must(
                                    "U25b",
                                    FILES,
                                    "a ring without call descriptor is served in silence",
                                    RingChecks::noCall),
                            should("U25c", FILES, "a ring without kick descriptor is polled", RingChecks::polled),
                            must("G1a", STATUS, "nothing is used before DRIVER_OK", RingChecks::driverNotReady)
                                    .needing(Need.protocol(ProtocolFeature.STATUS)),
                            must("G6a", RESET, "after a reset by status the status is 0", RingChecks::statusZero)
                                    .needing(Need.protocol(ProtocolFeature.STATUS)),
                            must(
                                            "G6b",
                                            RESET,
                                            "after a reset by status queues are left alone",
                                            RingChecks::resetByStatus)
                                    .needing(Need.protocol(ProtocolFeature.STATUS)),
                            must("G6c", RESET, "after RESET_DEVICE queues are left alone", RingChecks::resetDevice)
                                    .needing(Need.protocol(ProtocolFeature.RESET_DEVICE)),
                            should("G5", "VIRTIO 1.4, 2.2.2", "the same features work after a reset", RingChecks::again)
                                    .needing(Need.protocol(ProtocolFeature.RESET_DEVICE)),
                            must(
                                    "G8",
                                    "vhost-user, SET_VRING_NUM",
                                    "a ring that was stopped may get another size",
                                    RingChecks::otherSize),
                            must(
                                            "G16",
                                            "VIRTIO 1.4, 6.2",
                                            "with IN_ORDER buffers are used in their order",
                                            RingChecks::inOrder)
                                    .needing(Need.feature(Bits.IN_ORDER, "IN_ORDER")))));

    private RingChecks() {}

    private static LiveDevice served(Rig rig) throws IOException {
        LiveDevice device = rig.started();
        rig.requireServes(device, "on a started ring");
        return device;
    }

    private static Request unserved(Rig rig, LiveDevice device, String state) throws IOException {
        LiveRing ring = rig.ring(device);
        Request request = Request.of(device, rig.probe());
        int _ = ring.submit(request.chain());
        ring.requireUnused(state);
        CheckEnded.require(request.untouched(), "buffers stay as they are while " + state, "they were written");
        return request;
    }

    private static void stopped(Rig rig) throws IOException {
        LiveDevice device = served(rig);
        int _ = device.client().getVringBase(rig.ring(device).index());
        Request _ = unserved(rig, device, "the ring is stopped");
    }

    private static void disabled(Rig rig) throws IOException {
        LiveDevice device = served(rig);
        LiveRing ring = rig.ring(device);
        device.enable(ring, false);
        Request request = Request.of(device, rig.probe());
        int id = ring.submit(request.chain());
        ring.requireUnused("the ring is disabled");
        device.enable(ring, true);
        Used _ = rig.requireAnswer(ring, request, id, "made available while the ring was disabled");
    }

    private static void start(Rig rig) throws IOException {
        rig.requireServes(rig.started(), "after SET_VRING_KICK");
    }

    private static void noKick(Rig rig) throws IOException {
        LiveDevice device = rig.device(rig.plan());
        LiveRing ring = rig.ring(device);
        Request request = Request.of(device, rig.probe());
        int id = ring.ring().add(request.chain());
        ring.ring().publish();
        LiveDevice _ = device.start();
        Used _ = rig.requireAnswer(ring, request, id, "that was there at the start, without a kick");
    }

    private static void withoutBit30(Rig rig) throws IOException {
        rig.requireServes(rig.started(rig.plan().without(Bits.PROTOCOL_FEATURES)), "without SET_VRING_ENABLE");
    }

    private static void suspended(Rig rig) throws IOException {
        LiveDevice device = served(rig);
        for (LiveRing ring : device.rings()) {
            int _ = device.client().getVringBase(ring.index());
        }
        LiveRing ring = rig.ring(device);
        ring.forgetCalls();
        Request _ = unserved(rig, device, "the device is suspended");
        ring.requireSilent("the device is suspended");
    }

    private static void answers(Rig rig) throws IOException {
        LiveDevice device = served(rig);
        for (LiveRing ring : device.rings()) {
            int _ = device.client().getVringBase(ring.index());
        }
        rig.wire(device.client()).requireInStep("all rings were stopped");
    }

    private static void events(Rig rig, Notification.Kind kind) throws IOException {
        if (kind == Notification.Kind.EVENTFD && !Capability.EVENTFD.available()) {
            throw CheckEnded.skip("this host has no eventfd");
        }
        LiveDevice device = rig.started(rig.plan().without(Bits.EVENT_IDX).withNotifications(kind));
        LiveRing ring = rig.ring(device);
        for (int i = 0; i < SEVERAL; i++) {
            rig.requireServes(device, "with " + kind);
            ring.requireCall("a request was used");
        }
    }

    private static void fullPipe(Rig rig) throws IOException {
        LiveDevice device = rig.started(rig.plan().without(Bits.EVENT_IDX).withNotifications(Notification.Kind.PIPE));
        LiveRing ring = rig.ring(device);
        ring.fillCalls();
        for (int i = 0; i < SEVERAL; i++) {
            rig.requireServes(device, "while the pipe for calls is full");
        }
        rig.wire(device.client()).requireInStep("requests while the pipe for calls was full");
    }

    private static void base(Rig rig) throws IOException {
        LiveDevice device = served(rig);
        LiveRing ring = rig.ring(device);
        for (int i = 0; i < SEVERAL; i++) {
            rig.requireServes(device, "number " + i);
        }
        int base = device.client().getVringBase(ring.index());
        CheckEnded.requireEqual("base", Integer.toHexString(ring.ring().base()), Integer.toHexString(base));
    }

    private static void resumed(Rig rig) throws IOException {
        LiveDevice device = served(rig);
        LiveRing ring = rig.ring(device);
        for (int round = 0; round < SEVERAL; round++) {
            int base = device.client().getVringBase(ring.index());
            CheckEnded.requireEqual("base", ring.ring().base(), base);
            device.setUp(ring);
            device.startRing(ring);
            device.enable(ring, true);
            rig.requireServes(device, "on a ring that was started again");
        }
    }

    private static void startsAnywhere(Rig rig) throws IOException {
        int[] bases = rig.format() == RingFormat.SPLIT
                ? new int[] {1, 0x7fff, 0xffff}
                : new int[] {0x8001_8001, 0x0000_0000, 0x003f_003f};
        for (int base : bases) {
            LiveDevice device = rig.device(rig.plan());
            rig.ring(device).ring().resume(base);
            LiveDevice _ = device.start();
            for (int i = 0; i < SEVERAL; i++) {
                rig.requireServes(device, "on a ring started at 0x" + Integer.toHexString(base));
            }
        }
    }

    private static void newCall(Rig rig) throws IOException {
        LiveDevice device = rig.started(rig.plan().without(Bits.EVENT_IDX));
        LiveRing ring = rig.ring(device);
        rig.requireServes(device, "before the change");
        try (Notification other = Notification.create(rig.options().notifications())) {
            device.client().setVringCall(ring.index(), other.writeEnd());
            rig.wire(device.client()).requireInStep("SET_VRING_CALL");
            ring.forgetCalls();
            rig.requireServes(device, "after the change");
            CheckEnded.require(
                    ring.awaitReadable(other.readEnd().number()), "the new descriptor is signalled", "it is not");
        }
        ring.requireSilent("another descriptor is set");
    }

    private static void noCall(Rig rig) throws IOException {
        LiveDevice device = rig.started(rig.plan().without(Bits.EVENT_IDX));
        LiveRing ring = rig.ring(device);
        device.client().setVringCall(ring.index(), null);
        ring.forgetCalls();
        rig.requireServes(device, "without call descriptor");
        ring.requireSilent("no descriptor is set");
    }

    private static void polled(Rig rig) throws IOException {
        LiveDevice device = rig.device(rig.plan());
        device.setFeatures();
        device.passMemory();
        LiveRing ring = rig.ring(device);
        for (LiveRing each : device.rings()) {
            device.setUp(each);
            device.client().setVringKick(each.index(), null);
        }
        device.enable(true);
        device.driverOk();
        for (int i = 0; i < 2; i++) {
            Request request = Request.of(device, rig.probe());
            int id = ring.ring().add(request.chain());
            ring.ring().publish();
            Used _ = rig.requireAnswer(ring, request, id, "on a ring to be polled");
        }
    }

    private static void driverNotReady(Rig rig) throws IOException {
        LiveDevice device = rig.device(rig.plan());
        device.setFeatures();
        device.passMemory();
        for (LiveRing ring : device.rings()) {
            device.setUp(ring);
            device.startRing(ring);
        }
        device.enable(true);
        LiveRing ring = rig.ring(device);
        Request request = Request.of(device, rig.probe());
        int id = ring.submit(request.chain());
        ring.requireUnused("DRIVER_OK is not set");
        device.driverOk();
        Used _ = rig.requireAnswer(ring, request, id, "made available before DRIVER_OK");
    }

    private static void statusZero(Rig rig) throws IOException {
        LiveDevice device = served(rig);
        device.client().setStatus(0);
        CheckEnded.requireEqual("status", 0L, device.client().getStatus());
    }

    private static void resetByStatus(Rig rig) throws IOException {
        LiveDevice device = served(rig);
        device.client().setStatus(0);
        rig.ring(device).forgetCalls();
        Request _ = unserved(rig, device, "the device is reset");
        rig.ring(device).requireSilent("the device is reset");
    }

    private static void resetDevice(Rig rig) throws IOException {
        LiveDevice device = served(rig);
        device.client().resetDevice();
        rig.ring(device).forgetCalls();
        Request _ = unserved(rig, device, "the device is reset");
        rig.ring(device).requireSilent("the device is reset");
    }

    private static void again(Rig rig) throws IOException {
        LiveDevice device = served(rig);
        device.client().resetDevice();
        device.setFeatures();
        for (LiveRing ring : device.rings()) {
            device.setUp(ring);
            device.startRing(ring);
        }
        device.enable(true);
        device.driverOk();
        rig.requireServes(device, "after a reset");
    }

    private static void otherSize(Rig rig) throws IOException {
        LiveDevice device = served(rig);
        LiveRing old = rig.ring(device);
        int _ = device.client().getVringBase(old.index());
        try (LiveRing smaller = device.makeRing(rig, old.index(), old.ring().size() / 2)) {
            device.setUp(smaller);
            device.startRing(smaller);
            device.enable(smaller, true);
            for (int i = 0; i < old.ring().size(); i++) {
                Used _ = rig.requireAnswered(smaller, Request.of(device, rig.probe()), "on a ring of another size");
            }
        }
    }

    private static void inOrder(Rig rig) throws IOException {
        LiveDevice device = rig.started(rig.plan().with(Bits.IN_ORDER));
        LiveRing ring = rig.ring(device);
        int last = -1;
        for (int i = 0; i < SEVERAL; i++) {
            last = ring.ring().add(Request.of(device, rig.probe()).chain());
        }
        ring.publishAndKick();
        int before = -1;
        while (before != last) {
            int id = ring.awaitUsed("every request").id();
            CheckEnded.require(id > before, "buffers used in the order of the ring", id + " after " + before);
            before = id;
        }
        // With a batch a device may write one entry for all: the others stay as they were.
        for (Optional<Used> more = ring.ring().next();
                more.isPresent();
                more = ring.ring().next()) {
            CheckEnded.require(
                    more.get().id() == CheckRing.UNWRITTEN, "no buffer behind the last one", more.get() + " behind it");
        }
    }
}

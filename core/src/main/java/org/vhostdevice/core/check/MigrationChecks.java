package org.vhostdevice.core.check;

import static org.vhostdevice.core.check.Check.must;
import static org.vhostdevice.core.check.Check.should;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.sys.EventNotifier;
import org.vhostdevice.core.sys.MappedRegion;
import org.vhostdevice.core.sys.Notification;
import org.vhostdevice.core.sys.SharedMemory;

/// The log of written pages, and the device's state.
final class MigrationChecks {
    private static final String LOG = "vhost-user, Migration";
    private static final String STATE = "vhost-user, Transferring device state";
    private static final Need LOGS = Need.protocol(ProtocolFeature.LOG_SHMFD);
    private static final Need LOG_ALL = Need.feature(Bits.LOG_ALL, "LOG_ALL");
    private static final Need STATES = Need.protocol(ProtocolFeature.DEVICE_STATE);
    private static final int PAGE = 4096;

    /// Where used rings are logged: not where they are.
    private static final long PLACE = Plan.MEMORY - (1 << 20);

    /// Covers guest memory of [Plan#usual], and what lies before it.
    private static final long LOG_BYTES = 64 << 10;

    static final CheckSuite SUITE = CheckSuite.onRings(
            "migration",
            Check.alsoNeeding(
                    Need.KIND,
                    List.of(
                            must("U9a", LOG, "SET_LOG_BASE is answered", MigrationChecks::answered)
                                    .needing(LOGS),
                            must("U9b", LOG, "buffers that are written are logged", MigrationChecks::buffers)
                                    .needing(LOGS, LOG_ALL),
                            should(
                                            "U9c",
                                            LOG,
                                            "writes to the used ring are logged where log_guest_addr says",
                                            MigrationChecks::usedRing)
                                    .needing(LOGS, LOG_ALL),
                            should(
                                            "U9e",
                                            LOG,
                                            "memory that comes after SET_LOG_BASE is logged too",
                                            MigrationChecks::before)
                                    .needing(LOGS, LOG_ALL),
                            should("U9d", LOG, "nothing is logged once LOG_ALL is off", MigrationChecks::off)
                                    .needing(LOGS, LOG_ALL),
                            must(
                                            "U11a",
                                            STATE,
                                            "the state of a suspended device can be saved and loaded",
                                            MigrationChecks::state)
                                    .needing(STATES),
                            must("U11b", STATE, "a state that is not one is refused", MigrationChecks::nonsense)
                                    .needing(STATES))));

    private MigrationChecks() {}

    /// A log that a back end has taken up.
    private record Log(SharedMemory file, MappedRegion memory) implements AutoCloseable {
        static Log pass(LiveDevice device) throws IOException {
            SharedMemory file = SharedMemory.create("log", LOG_BYTES);
            device.client().migration().setLogBase(new Message.Log(LOG_BYTES, 0), file.fd());
            return new Log(file, MappedRegion.map(file.fd(), 0, LOG_BYTES, true));
        }

        boolean has(long guestAddress) {
            long page = guestAddress / PAGE;
            byte bits = memory.segment().get(ValueLayout.JAVA_BYTE, page / Byte.SIZE);
            return (bits >> (page % Byte.SIZE) & 1) != 0;
        }

        void clear() {
            memory.segment().fill((byte) 0);
        }

        @Override
        public void close() {
            memory.close();
            file.close();
        }
    }

    private static LiveDevice device(Rig rig, long features) throws IOException {
        return rig.device(rig.plan().with(features).with(ProtocolFeature.LOG_SHMFD));
    }

    private static void answered(Rig rig) throws IOException {
        LiveDevice device = device(rig, 0);
        Log.pass(device).close();
        rig.wire(device.client()).requireInStep("SET_LOG_BASE");
    }

    private static Request answeredRequest(Rig rig, LiveDevice device) throws IOException {
        Request request = Request.of(device, rig.probe());
        Used _ = rig.requireAnswered(rig.ring(device), request, "with logging");
        return request;
    }

    /// Turns the log on while rings run, as front ends do.
    private static Log turnOn(Rig rig, LiveDevice device, long place) throws IOException {
        device.client().setFeatures(device.features() & ~Bits.LOG_ALL);
        LiveDevice _ = device.startRings();
        Request _ = answeredRequest(rig, device);
        Log log = Log.pass(device);
        device.client().setFeatures(device.features());
        for (LiveRing ring : device.rings()) {
            device.client().setVringAddr(device.address(ring, 1, place));
        }
        rig.wire(device.client()).requireInStep("SET_FEATURES with LOG_ALL");
        return log;
    }

    private static void buffers(Rig rig) throws IOException {
        LiveDevice device = device(rig, Bits.LOG_ALL);
        try (Log log = turnOn(rig, device, PLACE)) {
            requireLogged(rig, device, log);
        }
    }

    private static void before(Rig rig) throws IOException {
        LiveDevice device = device(rig, Bits.LOG_ALL);
        try (Log log = Log.pass(device)) {
            requireLogged(rig, device.start(), log);
        }
    }

    private static void requireLogged(Rig rig, LiveDevice device, Log log) throws IOException {
        Request request = answeredRequest(rig, device);
        List<Descriptor> written =
                request.chain().stream().filter(Descriptor::writable).toList();
        if (written.isEmpty()) {
            throw CheckEnded.skip("the harmless request of this type has no answer");
        }
        for (Descriptor piece : written) {
            CheckEnded.require(
                    log.has(piece.address()),
                    "the page of the answer is in the log",
                    "guest address 0x" + Long.toHexString(piece.address()) + " is not");
        }
    }

    private static void usedRing(Rig rig) throws IOException {
        LiveDevice device = device(rig, Bits.LOG_ALL);
        try (Log log = turnOn(rig, device, PLACE)) {
            Request _ = answeredRequest(rig, device);
            // The used ring is seen to change before that is logged; a ring that is stopped owes nothing.
            int _ = device.client().getVringBase(rig.ring(device).index());
            CheckEnded.require(
                    log.has(PLACE), "the page of log_guest_addr is in the log", "it is not, after a used buffer");
        }
    }

    private static void off(Rig rig) throws IOException {
        LiveDevice device = device(rig, Bits.LOG_ALL);
        try (Log log = Log.pass(device)) {
            Request _ = answeredRequest(rig, device.start());
            device.client().setFeatures(device.features() & ~Bits.LOG_ALL);
            rig.wire(device.client()).requireInStep("SET_FEATURES without LOG_ALL");
            log.clear();
            Request request = answeredRequest(rig, device);
            for (Descriptor piece : request.chain()) {
                CheckEnded.require(!log.has(piece.address()), "an empty log", "pages are still logged");
            }
        }
    }

    private static LiveDevice suspended(Rig rig) throws IOException {
        LiveDevice device = rig.started(rig.plan().with(ProtocolFeature.DEVICE_STATE));
        rig.requireServes(device, "before the transfer");
        for (LiveRing ring : device.rings()) {
            int _ = device.client().getVringBase(ring.index());
        }
        return device;
    }

    private static void state(Rig rig) throws IOException {
        try (Notification pipe = Notification.create(Notification.Kind.PIPE)) {
            LiveDevice source = suspended(rig);
            source.client().migration().setDeviceStateFd(new Message.DeviceState(0, 0), pipe.writeEnd());
            pipe.writeEnd().close();
            // A pipe keeps 64 KiB, or 4: more than the state of the devices here.
            source.client().migration().checkDeviceState();
            LiveDevice destination = suspended(rig);
            destination.client().migration().setDeviceStateFd(new Message.DeviceState(1, 0), pipe.readEnd());
            destination.client().migration().checkDeviceState();
        }
    }

    private static void nonsense(Rig rig) throws IOException {
        try (Notification pipe = Notification.create(Notification.Kind.PIPE)) {
            EventNotifier.adopt(pipe.writeEnd()).signal();
            pipe.writeEnd().close();
            LiveDevice device = suspended(rig);
            device.client().migration().setDeviceStateFd(new Message.DeviceState(1, 0), pipe.readEnd());
            device.client().migration().checkDeviceState();
            throw CheckEnded.fail("CHECK_DEVICE_STATE tells that it failed", "success");
        } catch (BackendRefusal e) {
            rig.saw(String.valueOf(e.getMessage()));
        }
    }
}

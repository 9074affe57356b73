package org.vhostdevice.core.check;

import static org.vhostdevice.core.check.Check.must;
import static org.vhostdevice.core.check.Check.should;

import java.io.IOException;
import java.util.List;
import org.vhostdevice.core.check.Wire.Reply;
import org.vhostdevice.core.frontend.RegionPlan;
import org.vhostdevice.core.protocol.FrontendRequest;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.Message.MemoryRegion;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.sys.Notification;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.Poller;
import org.vhostdevice.core.sys.SharedMemory;
import org.vhostdevice.core.sys.UnixSocket;

/// Regions of guest memory.
final class MemoryChecks {
    private static final String TABLE = "vhost-user, SET_MEM_TABLE";
    private static final String ADD = "vhost-user, ADD_MEM_REG";
    private static final String REM = "vhost-user, REM_MEM_REG";
    private static final Need SLOTS = Need.protocol(ProtocolFeature.CONFIGURE_MEM_SLOTS);
    private static final Need ACKS = Need.protocol(ProtocolFeature.REPLY_ACK);
    private static final long SIZE = 1 << 20;
    private static final long ABOVE = 1L << 33;
    private static final int MANY = 16;

    static final CheckSuite SUITE = CheckSuite.plain(
            "memory",
            List.of(
                    should("U13a", ADD, "regions that overlap in guest addresses are refused", MemoryChecks::guest)
                            .needing(SLOTS, ACKS),
                    should("U13b", ADD, "regions that overlap in user addresses are refused", MemoryChecks::user)
                            .needing(SLOTS, ACKS),
                    should("U13c", TABLE, "a table whose regions overlap is refused", MemoryChecks::table)
                            .needing(ACKS),
                    should("U21a", ADD, "a region longer than its file is refused", MemoryChecks::tooLong)
                            .needing(SLOTS, ACKS),
                    must("U21b", ADD, "as many regions are taken as there are slots, or 16", MemoryChecks::many)
                            .needing(SLOTS, ACKS),
                    must("U21c", REM, "a region that was removed can be added again", MemoryChecks::again)
                            .needing(SLOTS, ACKS),
                    should("U21d", REM, "a region that was not added is not removed", MemoryChecks::strange)
                            .needing(SLOTS, ACKS),
                    must("U21e", ADD, "memory that is added while rings run is used", MemoryChecks::later)
                            .needing(SLOTS, Need.KIND),
                    must(
                                    "U21f",
                                    TABLE,
                                    "a table of several regions, with offsets in their files, is used",
                                    MemoryChecks::several)
                            .needing(Need.KIND),
                    must("U15", REM, "a descriptor that comes along is closed", MemoryChecks::descriptor)
                            .needing(SLOTS, ACKS),
                    must(
                                    "U22",
                                    "vhost-user, GPA_ADDRESSES",
                                    "ring addresses are guest addresses",
                                    MemoryChecks::guestAddresses)
                            .needing(Need.protocol(ProtocolFeature.GPA_ADDRESSES), Need.KIND)));

    private MemoryChecks() {}

    private static Wire wire(Rig rig) throws IOException {
        return rig.wire(ProtocolFeature.REPLY_ACK, ProtocolFeature.CONFIGURE_MEM_SLOTS);
    }

    private static MemoryRegion region(long guest, long user) {
        return new MemoryRegion(guest, SIZE, user, 0);
    }

    private static void requireTaken(Wire wire, FrontendRequest request, Message payload, OwnedFd... files)
            throws IOException {
        byte[] bytes = Wire.bytes(payload);
        wire.send(List.of(files), Wire.message(request.id(), Wire.NEED_REPLY, bytes.length, bytes));
        Reply reply = wire.reply();
        CheckEnded.require(Wire.isZero(reply), request + " " + payload + " is taken", reply.toString());
    }

    private static void requireOverlapRefused(Rig rig, MemoryRegion first, MemoryRegion second) throws IOException {
        try (SharedMemory file = SharedMemory.create("guest", SIZE)) {
            Wire wire = wire(rig);
            requireTaken(wire, FrontendRequest.ADD_MEM_REG, first, file.fd());
            rig.saw(wire.requireRefused(FrontendRequest.ADD_MEM_REG, second, file.fd()));
        }
    }

    private static void guest(Rig rig) throws IOException {
        requireOverlapRefused(rig, region(Plan.MEMORY, ABOVE), region(Plan.MEMORY + SIZE / 2, 2 * ABOVE));
    }

    private static void user(Rig rig) throws IOException {
        requireOverlapRefused(rig, region(Plan.MEMORY, ABOVE), region(ABOVE, ABOVE + SIZE / 2));
    }

    private static void table(Rig rig) throws IOException {
        try (SharedMemory file = SharedMemory.create("guest", SIZE)) {
            Message table = new Message.MemoryTable(
                    List.of(region(Plan.MEMORY, ABOVE), region(Plan.MEMORY + SIZE / 2, 2 * ABOVE)));
            rig.saw(rig.wire(ProtocolFeature.REPLY_ACK)
                    .requireRefused(FrontendRequest.SET_MEM_TABLE, table, file.fd(), file.fd()));
        }
    }

    private static void tooLong(Rig rig) throws IOException {
        try (SharedMemory file = SharedMemory.create("guest", SIZE / 2)) {
            rig.saw(wire(rig).requireRefused(FrontendRequest.ADD_MEM_REG, region(Plan.MEMORY, ABOVE), file.fd()));
        }
    }

    private static void many(Rig rig) throws IOException {
        long count = Math.min(MANY, rig.facts().memorySlots());
        try (SharedMemory file = SharedMemory.create("guest", SIZE)) {
            Wire wire = wire(rig);
            for (int i = 0; i < count; i++) {
                MemoryRegion region = region(Plan.MEMORY + i * SIZE, ABOVE + i * SIZE);
                requireTaken(wire, FrontendRequest.ADD_MEM_REG, region, file.fd());
            }
        }
        rig.saw(count + " regions of " + rig.facts().memorySlots());
    }

    private static void again(Rig rig) throws IOException {
        try (SharedMemory file = SharedMemory.create("guest", SIZE)) {
            Wire wire = wire(rig);
            MemoryRegion region = region(Plan.MEMORY, ABOVE);
            for (int i = 0; i < 3; i++) {
                requireTaken(wire, FrontendRequest.ADD_MEM_REG, region, file.fd());
                requireTaken(wire, FrontendRequest.REM_MEM_REG, region);
            }
        }
    }

    private static void strange(Rig rig) throws IOException {
        try (SharedMemory file = SharedMemory.create("guest", SIZE)) {
            Wire wire = wire(rig);
            requireTaken(wire, FrontendRequest.ADD_MEM_REG, region(Plan.MEMORY, ABOVE), file.fd());
            rig.saw(wire.requireRefused(FrontendRequest.REM_MEM_REG, region(ABOVE, ABOVE)));
        }
    }

    private static void later(Rig rig) throws IOException {
        LiveDevice device =
                rig.device(rig.plan().withMemory(new RegionPlan(Plan.MEMORY, SIZE), new RegionPlan(ABOVE, SIZE)));
        LiveDevice _ = device.start(1);
        rig.requireServes(device, "in the first region");
        device.addRegion(1);
        requireServedThere(rig, device);
    }

    private static void several(Rig rig) throws IOException {
        Plan plan = rig.plan().withMemory(new RegionPlan(Plan.MEMORY, SIZE), new RegionPlan(ABOVE, SIZE, SIZE));
        requireServedThere(rig, rig.started(plan.without(ProtocolFeature.CONFIGURE_MEM_SLOTS)));
    }

    private static void requireServedThere(Rig rig, LiveDevice device) throws IOException {
        Request request = Request.of(device, rig.probe(), 1);
        Used _ = rig.requireAnswered(rig.ring(device), request, "in the second region");
        request.requireIntact();
    }

    private static void descriptor(Rig rig) throws IOException {
        Wire wire = wire(rig);
        MemoryRegion region = region(Plan.MEMORY, ABOVE);
        try (SharedMemory file = SharedMemory.create("guest", SIZE);
                Notification pipe = Notification.create(Notification.Kind.PIPE)) {
            requireTaken(wire, FrontendRequest.ADD_MEM_REG, region, file.fd());
            byte[] bytes = Wire.bytes(region);
            wire.send(
                    List.of(pipe.writeEnd()),
                    Wire.message(FrontendRequest.REM_MEM_REG.id(), Wire.NEED_REPLY, bytes.length, bytes));
            rig.saw(wire.reply().toString());
            pipe.writeEnd().close();
            int ready = UnixSocket.poll(
                    pipe.readEnd().number(),
                    Poller.READ | Poller.HANGUP,
                    rig.options().timeout().toMillis());
            CheckEnded.require(ready != 0, "the descriptor is closed", "it stays open");
        }
    }

    private static void guestAddresses(Rig rig) throws IOException {
        LiveDevice device = rig.started(rig.plan().with(ProtocolFeature.GPA_ADDRESSES));
        rig.requireServes(device, "on rings at guest addresses");
    }
}

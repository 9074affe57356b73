package org.vhostdevice.core.check;

import static org.vhostdevice.core.check.Check.must;
import static org.vhostdevice.core.check.Check.should;

import java.io.IOException;
import java.util.List;
import org.vhostdevice.core.check.Wire.Reply;
import org.vhostdevice.core.protocol.FrontendRequest;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.MessageHeader;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.sys.Notification;
import org.vhostdevice.core.sys.OwnedFd;

/// Messages that cannot be obeyed: refused by a non-zero answer, or by the end of the connection.
final class RefusalChecks {
    private static final String REPLY_ACK = "vhost-user, REPLY_ACK";
    private static final String HEADER = "vhost-user, Header";
    private static final String FILES = "vhost-user, Communication";
    private static final Need ACKS = Need.protocol(ProtocolFeature.REPLY_ACK);
    private static final int NO_SUCH_REQUEST = 9999;
    private static final int NO_SUCH_RING = 0xfffe;
    private static final int NO_SUCH_FILE_RING = 0xff;

    static final CheckSuite SUITE = CheckSuite.plain(
            "refusals",
            List.of(
                    must("U8e", REPLY_ACK, "an unknown request is no success", RefusalChecks::unknownRequest)
                            .needing(ACKS),
                    must("U8f", REPLY_ACK, "a ring that does not exist is no success", RefusalChecks::noSuchRing)
                            .needing(ACKS),
                    must("U8g", REPLY_ACK, "a payload of the wrong size is no success", RefusalChecks::wrongSize)
                            .needing(ACKS),
                    must("U8h", REPLY_ACK, "a ring size beyond 32768, or of 0, is no success", RefusalChecks::ringSize)
                            .needing(ACKS),
                    must(
                                    "U8i",
                                    REPLY_ACK,
                                    "ring addresses outside of memory are no success",
                                    RefusalChecks::ringAddress)
                            .needing(ACKS, Need.KIND),
                    must(
                                    "U17a",
                                    FILES,
                                    "a message that lacks its descriptor is no success",
                                    RefusalChecks::noDescriptor)
                            .needing(ACKS),
                    should(
                            "U17b",
                            FILES,
                            "descriptors that do not belong there do no harm",
                            RefusalChecks::descriptors),
                    should("U19a", HEADER, "a request of another version is not obeyed", RefusalChecks::version),
                    should("U19b", HEADER, "a request with the reply flag is not obeyed", RefusalChecks::replyFlag),
                    must(
                            "U19c",
                            HEADER,
                            "a payload beyond all reason ends the connection at most",
                            RefusalChecks::huge),
                    must("U19d", HEADER, "half a message ends the connection at most", RefusalChecks::half)));

    private RefusalChecks() {}

    private static Wire acks(Rig rig) throws IOException {
        return rig.wire(ProtocolFeature.REPLY_ACK, ProtocolFeature.MQ);
    }

    private static void unknownRequest(Rig rig) throws IOException {
        byte[] message = Wire.message(NO_SUCH_REQUEST, Wire.NEED_REPLY, 0);
        rig.saw(acks(rig).requireRefused("request " + NO_SUCH_REQUEST, List.of(), message));
    }

    private static void noSuchRing(Rig rig) throws IOException {
        Message state = new Message.VringState(NO_SUCH_RING, 1);
        for (FrontendRequest request : List.of(
                FrontendRequest.SET_VRING_NUM, FrontendRequest.SET_VRING_BASE, FrontendRequest.SET_VRING_ENABLE)) {
            String _ = acks(rig).requireRefused(request, state);
        }
        String _ = acks(rig)
                .requireRefused(FrontendRequest.SET_VRING_ADDR, new Message.VringAddress(NO_SUCH_RING, 0, 0, 0, 0, 0));
        try (Notification event = Notification.create(rig.options().notifications())) {
            for (FrontendRequest request : List.of(
                    FrontendRequest.SET_VRING_KICK, FrontendRequest.SET_VRING_CALL, FrontendRequest.SET_VRING_ERR)) {
                OwnedFd end = request == FrontendRequest.SET_VRING_KICK ? event.readEnd() : event.writeEnd();
                String _ = acks(rig).requireRefused(request, new Message.VringFile(NO_SUCH_FILE_RING, false), end);
            }
        }
    }

    private static void wrongSize(Rig rig) throws IOException {
        byte[] four = new byte[4];
        for (FrontendRequest request :
                List.of(FrontendRequest.SET_FEATURES, FrontendRequest.SET_VRING_NUM, FrontendRequest.SET_VRING_ADDR)) {
            byte[] message = Wire.message(request.id(), Wire.NEED_REPLY, four.length, four);
            String _ = acks(rig).requireRefused(request + " with a payload of 4 bytes", List.of(), message);
        }
    }

    private static void ringSize(Rig rig) throws IOException {
        for (int size : new int[] {0, 32_769, -1}) {
            String _ = acks(rig).requireRefused(FrontendRequest.SET_VRING_NUM, new Message.VringState(0, size));
        }
    }

    private static void ringAddress(Rig rig) throws IOException {
        LiveDevice device = rig.device(rig.plan());
        device.setFeatures();
        device.passMemory();
        LiveRing ring = rig.ring(device);
        device.setUp(ring);
        long nowhere = 0x7000_0000_0000L;
        Message address = new Message.VringAddress(ring.index(), 0, nowhere, nowhere + 0x1000, nowhere + 0x2000, 0);
        Wire wire = rig.wire(device.client());
        wire.send(FrontendRequest.SET_VRING_ADDR, Wire.NEED_REPLY, Wire.bytes(address));
        if (Wire.isZero(wire.reply())) {
            // The addresses need not be looked at before the ring starts.
            rig.saw(wire.requireRefused(
                    FrontendRequest.SET_VRING_KICK, new Message.VringFile(ring.index(), false), ring.kickEnd()));
        }
    }

    private static void noDescriptor(Rig rig) throws IOException {
        String _ = acks(rig).requireRefused(FrontendRequest.SET_VRING_CALL, new Message.VringFile(0, false));
        Message.MemoryRegion region = new Message.MemoryRegion(0, 1 << 16, 1 << 16, 0);
        String _ = acks(rig).requireRefused(FrontendRequest.SET_MEM_TABLE, new Message.MemoryTable(List.of(region)));
        if (rig.facts().has(ProtocolFeature.CONFIGURE_MEM_SLOTS)) {
            String _ = rig.wire(ProtocolFeature.REPLY_ACK, ProtocolFeature.CONFIGURE_MEM_SLOTS)
                    .requireRefused(FrontendRequest.ADD_MEM_REG, region);
        }
    }

    private static void descriptors(Rig rig) throws IOException {
        Wire wire = rig.wire();
        try (Notification event = Notification.create(rig.options().notifications())) {
            byte[] message = Wire.message(FrontendRequest.GET_FEATURES.id(), Wire.VERSION, 0);
            wire.send(List.of(event.readEnd(), event.writeEnd(), event.readEnd()), message);
        }
        Reply reply = wire.reply();
        CheckEnded.require(
                !(reply instanceof Reply.Silence), "an answer, or the end of the connection", reply.toString());
        rig.saw(reply.toString());
        rig.requireServesNext("a message with descriptors that do not belong there");
    }

    private static void version(Rig rig) throws IOException {
        requireNoFeatures(rig, "GET_FEATURES of version 2", 2);
    }

    private static void replyFlag(Rig rig) throws IOException {
        requireNoFeatures(rig, "GET_FEATURES with the reply flag", MessageHeader.VERSION | MessageHeader.REPLY);
    }

    private static void requireNoFeatures(Rig rig, String what, int flags) throws IOException {
        Wire wire = rig.wire();
        wire.send(FrontendRequest.GET_FEATURES, flags);
        Reply reply = wire.reply(LiveRing.QUIET);
        CheckEnded.require(!(reply instanceof Reply.Answer), what + " is not obeyed", reply.toString());
        rig.saw(reply.toString());
    }

    private static void huge(Rig rig) throws IOException {
        for (int size : new int[] {0x7fff_ffff, -1}) {
            Wire wire = rig.wire();
            wire.send(List.of(), Wire.message(FrontendRequest.SET_FEATURES.id(), Wire.VERSION, size, new byte[64]));
            rig.saw(wire.reply(LiveRing.QUIET).toString());
            rig.requireServesNext("a message that announces " + Integer.toUnsignedString(size) + " bytes");
        }
    }

    private static void half(Rig rig) throws IOException {
        rig.wire().send(List.of(), new byte[MessageHeader.BYTES / 2]);
        rig.requireServesNext("half a header");
        rig.wire().send(List.of(), Wire.message(FrontendRequest.SET_FEATURES.id(), Wire.VERSION, 8, new byte[4]));
        rig.requireServesNext("half a payload");
    }
}

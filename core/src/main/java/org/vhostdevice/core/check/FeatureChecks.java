package org.vhostdevice.core.check;

import static org.vhostdevice.core.check.Check.must;
import static org.vhostdevice.core.check.Check.should;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.vhostdevice.core.check.Wire.Reply;
import org.vhostdevice.core.frontend.VhostUserClient;
import org.vhostdevice.core.protocol.FrontendRequest;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.ProtocolFeature;

/// What is offered, and what may be accepted of it.
final class FeatureChecks {
    private static final String BITS = "VIRTIO 1.4, 2.2.2";
    private static final String RESERVED = "VIRTIO 1.4, 6.2";
    private static final String PROTOCOL = "vhost-user, Protocol features";
    private static final String QUEUES = "vhost-user, Multiple queue support";
    private static final Need ACKS = Need.protocol(ProtocolFeature.REPLY_ACK);
    private static final Need STATUS = Need.protocol(ProtocolFeature.STATUS);

    /// Those that every type of device may have, legacy ones and those of vhost-user included.
    private static final long COMMON = Bits.LOG_ALL | Bits.PROTOCOL_FEATURES | 0x0bdf_3900_0000L;

    /// Bits that only a PCI device may have.
    private static final long PCI_ONLY = 1L << 37 | 1L << 41;

    private static final int PROTOCOL_BITS = 24;
    private static final long PROTOCOL_KNOWN = (1L << PROTOCOL_BITS) - 1;

    static final CheckSuite SUITE = CheckSuite.plain(
            "features",
            List.of(
                    must("G15", RESERVED, "VERSION_1 is offered", FeatureChecks::version1),
                    must("G2a", BITS, "no feature is offered without one that it needs", FeatureChecks::dependencies),
                    should("G2b", PROTOCOL, "no protocol feature without one that it needs", FeatureChecks::protocol),
                    must("G4a", BITS, "no feature is offered that the type does not have", FeatureChecks::unknown),
                    must("G4b", RESERVED, "no feature of PCI alone is offered", FeatureChecks::pci),
                    should("G4c", PROTOCOL, "no protocol feature is offered that the text lacks", FeatureChecks::newer),
                    should("G3a", BITS, "each feature is accepted by itself", FeatureChecks::subsets)
                            .needing(ACKS),
                    must("G3b", BITS, "FEATURES_OK stays clear for what was not offered", FeatureChecks::notOffered)
                            .needing(STATUS),
                    should("U6a", QUEUES, "MQ is offered", FeatureChecks::multiQueue),
                    must("U6b", QUEUES, "there is at least one queue", FeatureChecks::queues)
                            .needing(Need.protocol(ProtocolFeature.MQ)),
                    should(
                                    "U7",
                                    "vhost-user, In-band notifications",
                                    "INBAND alone ends the connection",
                                    FeatureChecks::inband)
                            .needing(Need.protocol(ProtocolFeature.INBAND_NOTIFICATIONS))));

    private FeatureChecks() {}

    private static String hex(long bits) {
        return "0x" + Long.toHexString(bits);
    }

    private static void version1(Rig rig) {
        long features = rig.facts().features();
        CheckEnded.require((features & Bits.VERSION_1) != 0, "bit 32 is set", "features " + hex(features));
    }

    private static void dependencies(Rig rig) {
        long features = rig.facts().features();
        boolean packed = (features & Bits.RING_PACKED) != 0;
        CheckEnded.require(
                !packed || (features & Bits.VERSION_1) != 0,
                "RING_PACKED comes with VERSION_1",
                "features " + hex(features));
        boolean cacheMode = rig.kind().equals(Optional.of(DeviceKind.BLK)) && (features & BlkBits.CONFIG_WCE) != 0;
        CheckEnded.require(
                !cacheMode || (features & BlkBits.FLUSH) != 0,
                "CONFIG_WCE comes with FLUSH",
                "features " + hex(features));
    }

    private static void protocol(Rig rig) {
        List<String> lacking = new ArrayList<>();
        needs(rig, lacking, ProtocolFeature.BACKEND_SEND_FD, ProtocolFeature.BACKEND_REQ);
        needs(rig, lacking, ProtocolFeature.INBAND_NOTIFICATIONS, ProtocolFeature.BACKEND_REQ);
        needs(rig, lacking, ProtocolFeature.INBAND_NOTIFICATIONS, ProtocolFeature.REPLY_ACK);
        needs(rig, lacking, ProtocolFeature.GET_VRING_BASE_INFLIGHT, ProtocolFeature.INFLIGHT_SHMFD);
        needs(rig, lacking, ProtocolFeature.GET_VRING_BASE_SKIP_DRAIN, ProtocolFeature.GET_VRING_BASE_INFLIGHT);
        CheckEnded.require(lacking.isEmpty(), "nothing is lacking", String.join(", ", lacking));
    }

    private static void needs(Rig rig, List<String> lacking, ProtocolFeature feature, ProtocolFeature needed) {
        if (rig.facts().has(feature) && !rig.facts().has(needed)) {
            boolean _ = lacking.add(feature + " without " + needed);
        }
    }

    private static void unknown(Rig rig) {
        long own = switch (rig.kind().orElseThrow(() -> CheckEnded.skip(Need.NO_KIND))) {
            case BLK -> 0x3fff7;
            case VSOCK, CONSOLE -> 0x7;
            case FS -> 0x1;
        };
        long odd = rig.facts().features() & ~(own | COMMON);
        CheckEnded.require(odd == 0, "only bits of the specification", "bits " + hex(odd));
    }

    private static void pci(Rig rig) {
        long odd = rig.facts().features() & PCI_ONLY;
        CheckEnded.require(odd == 0, "neither SR_IOV nor ADMIN_VQ", "bits " + hex(odd));
    }

    private static void newer(Rig rig) {
        long odd = rig.facts().protocolFeatures() & ~PROTOCOL_KNOWN;
        CheckEnded.require(odd == 0, "only bits 0 to " + (PROTOCOL_BITS - 1), "bits " + hex(odd));
    }

    private static void subsets(Rig rig) throws IOException {
        long always = (Bits.VERSION_1 | Bits.PROTOCOL_FEATURES) & rig.facts().features();
        for (int bit = 0; bit < Long.SIZE; bit++) {
            long one = 1L << bit & rig.facts().features() & ~always;
            if (one != 0 && one != Bits.LOG_ALL) {
                Wire wire = rig.wire(ProtocolFeature.REPLY_ACK);
                byte[] payload = Wire.bytes(new Message.U64(always | one));
                wire.send(FrontendRequest.SET_FEATURES, Wire.NEED_REPLY, payload);
                Reply reply = wire.reply();
                CheckEnded.require(
                        Wire.isZero(reply), "features " + hex(always | one) + " are accepted", reply.toString());
            }
        }
    }

    private static void notOffered(Rig rig) throws IOException {
        long offered = rig.facts().features();
        long wrong = Long.lowestOneBit(~offered & ~COMMON);
        Wire wire = rig.wire(ProtocolFeature.STATUS);
        wire.send(
                FrontendRequest.SET_STATUS, Wire.VERSION, Wire.bytes(new Message.U64(Bits.ACKNOWLEDGE | Bits.DRIVER)));
        wire.send(
                FrontendRequest.SET_FEATURES,
                Wire.VERSION,
                Wire.bytes(new Message.U64((offered & (Bits.VERSION_1 | Bits.PROTOCOL_FEATURES)) | wrong)));
        long status = Bits.ACKNOWLEDGE | Bits.DRIVER | Bits.FEATURES_OK;
        wire.send(FrontendRequest.SET_STATUS, Wire.VERSION, Wire.bytes(new Message.U64(status)));
        wire.send(FrontendRequest.GET_STATUS, Wire.VERSION);
        Reply reply = wire.reply();
        boolean accepted =
                reply instanceof Reply.Answer answer && (answer.number().orElse(0L) & Bits.FEATURES_OK) != 0;
        CheckEnded.require(!accepted, "no FEATURES_OK with bits " + hex(wrong), "status in " + reply);
        rig.saw(reply.toString());
    }

    private static void multiQueue(Rig rig) {
        CheckEnded.require(
                rig.facts().has(ProtocolFeature.MQ),
                "protocol feature MQ",
                "protocol features " + hex(rig.facts().protocolFeatures()));
    }

    private static void queues(Rig rig) {
        CheckEnded.require(rig.facts().queues() > 0, "1 or more", rig.facts().queues() + " queues");
        rig.saw(rig.facts().queues() + " queues");
    }

    private static void inband(Rig rig) throws IOException {
        VhostUserClient client = rig.connect();
        long _ = client.getFeatures();
        Wire wire = rig.wire(client);
        wire.send(
                FrontendRequest.SET_PROTOCOL_FEATURES,
                Wire.VERSION,
                Wire.bytes(new Message.U64(ProtocolFeature.INBAND_NOTIFICATIONS.mask())));
        Reply reply = wire.reply();
        CheckEnded.require(reply instanceof Reply.Closed, "the connection ends", reply.toString());
    }
}

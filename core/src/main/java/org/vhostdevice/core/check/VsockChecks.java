package org.vhostdevice.core.check;

import static org.vhostdevice.core.check.Check.must;
import static org.vhostdevice.core.check.Check.should;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.vsock.Vsock;
import org.vhostdevice.core.frontend.vsock.VsockDriver;
import org.vhostdevice.core.frontend.vsock.VsockHeader;
import org.vhostdevice.core.frontend.vsock.VsockPacket;
import org.vhostdevice.core.protocol.Bytes;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.sys.Notification;

/// What socket devices do with single packets; [VsockConnectionChecks] has the connections of streams, and
/// [VsockMessageChecks] those of messages.
final class VsockChecks {
    private static final String FEATURES = "VIRTIO 1.4, 5.10.3";
    private static final String FEATURES_DEVICE = "VIRTIO 1.4, 5.10.3.2";
    private static final String FLOW = "VIRTIO 1.4, 5.10.6.1.2";
    private static final String PACKETS = "VIRTIO 1.4, 5.10.6.4.2";
    private static final String CONNECTING = "VIRTIO 1.4, 5.10.6.5";
    private static final String BUFFERS = "VIRTIO 1.4, 2.7.8";
    static final Need SHOWS_CONFIG = Need.protocol(ProtocolFeature.CONFIG);
    private static final int PACKETS_AT_ONCE = 64;
    private static final int UNKNOWN_TYPE = 0x777;

    static final CheckSuite SUITE = CheckSuite.of(
            DeviceKind.VSOCK,
            Stream.of(packets(), VsockConnectionChecks.checks(), VsockMessageChecks.checks())
                    .flatMap(List::stream)
                    .map(check -> check.needs().isEmpty() ? check.needing(SHOWS_CONFIG) : check)
                    .toList());

    private VsockChecks() {}

    private static List<Check> packets() {
        return List.of(
                must("V4", PACKETS, "guest_cid is no reserved number, and of 32 bits", VsockChecks::cid),
                should("V12a", FEATURES_DEVICE, "NO_IMPLIED_STREAM is offered", VsockChecks::noImpliedStream),
                must("V1", FLOW, "packets of the guest are taken while it has no receive buffers", VsockChecks::full),
                must("V5", PACKETS, "a packet of an unknown type is answered by RST", VsockChecks::unknownType),
                must("V6a", CONNECTING, "a request that nobody listens for is answered by RST", VsockChecks::refused),
                should("V6b", CONNECTING, "data without a connection is answered by RST", VsockChecks::stray),
                should("V6c", CONNECTING, "RST is not answered", VsockChecks::strayReset),
                must("V10a", FEATURES, "a SEQPACKET request without the feature is answered by RST", VsockChecks::seq),
                must("V10b", "VIRTIO 1.4, 5.10.6.6", "a SEQPACKET request is answered in its type", VsockChecks::typed)
                        .needing(SHOWS_CONFIG, Need.feature(Vsock.SEQPACKET, "SEQPACKET")),
                must(
                                "V11",
                                "VIRTIO 1.4, 5.10.6.7",
                                "the guest is told that connections are gone when it has moved",
                                VsockChecks::moved)
                        .needing(SHOWS_CONFIG, Need.protocol(ProtocolFeature.DEVICE_STATE)),
                should("V13a", BUFFERS, "the buffer of a packet shorter than a header comes back", VsockChecks::brief),
                should(
                        "V13b",
                        BUFFERS,
                        "the buffer of a packet that says it is longer comes back",
                        VsockChecks::lying));
    }

    private static void cid(Rig rig) throws IOException {
        long cid = VsockRig.quiet(rig).driver().cid();
        boolean reserved = cid >>> Integer.SIZE != 0 || cid <= Vsock.HOST_CID || cid == 0xffff_ffffL;
        CheckEnded.require(!reserved, "a guest_cid from 3 to 2^32 - 2", Long.toUnsignedString(cid));
        rig.saw("guest_cid " + cid);
    }

    private static void noImpliedStream(Rig rig) {
        CheckEnded.require(
                rig.facts().offers(Vsock.NO_IMPLIED_STREAM),
                "bit 2",
                "features 0x" + Long.toHexString(rig.facts().features()));
    }

    private static void full(Rig rig) throws IOException {
        VsockRig vsock = VsockRig.quiet(rig);
        for (int i = 0; i < PACKETS_AT_ONCE; i++) {
            vsock.send(vsock.driver()
                    .header(VsockRig.GUEST_PORT + i, VsockRig.FREE_PORT, Vsock.TYPE_STREAM)
                    .withOperation(Vsock.REQUEST, 0));
        }
        rig.saw(PACKETS_AT_ONCE + " packets taken");
    }

    private static void unknownType(Rig rig) throws IOException {
        VsockRig vsock = VsockRig.start(rig);
        VsockHeader sent = vsock.packet(VsockRig.FREE_PORT, Vsock.REQUEST).withType(UNKNOWN_TYPE);
        vsock.send(sent);
        vsock.requireReset(sent, "a request of type " + UNKNOWN_TYPE);
    }

    private static void refused(Rig rig) throws IOException {
        VsockRig vsock = VsockRig.start(rig);
        VsockHeader sent = vsock.packet(VsockRig.FREE_PORT, Vsock.REQUEST);
        vsock.send(sent);
        vsock.requireReset(sent, "a request for a port without a listener");
    }

    private static void stray(Rig rig) throws IOException {
        VsockRig vsock = VsockRig.start(rig);
        VsockHeader sent = vsock.packet(VsockRig.FREE_PORT, Vsock.RW).withLength(1);
        vsock.driver().send(sent, Bytes.zeroes(1));
        vsock.requireReset(sent, "data without a connection");
    }

    private static void strayReset(Rig rig) throws IOException {
        VsockRig vsock = VsockRig.start(rig);
        vsock.send(vsock.packet(VsockRig.FREE_PORT, Vsock.RST));
        vsock.requireSilence("RST without a connection");
    }

    private static void seq(Rig rig) throws IOException {
        VsockRig vsock = VsockRig.withoutFeatures(rig, Vsock.SEQPACKET);
        VsockHeader sent = vsock.packet(VsockRig.FREE_PORT, Vsock.REQUEST).withType(Vsock.TYPE_SEQPACKET);
        vsock.send(sent);
        vsock.requireReset(sent, "a SEQPACKET request without the feature");
    }

    private static void typed(Rig rig) throws IOException {
        VsockRig vsock = VsockRig.start(rig);
        VsockHeader sent = vsock.packet(VsockRig.FREE_PORT, Vsock.REQUEST).withType(Vsock.TYPE_SEQPACKET);
        vsock.send(sent);
        Optional<VsockHeader> answer = vsock.receive().map(VsockPacket::header);
        CheckEnded.require(
                answer.isPresent()
                        && answer.get().type() == Vsock.TYPE_SEQPACKET
                        && answer.get().answers(sent),
                "an answer of type SEQPACKET",
                answer.map(VsockRig::describe).orElse("no packet"));
    }

    private static void moved(Rig rig) throws IOException {
        try (Notification pipe = Notification.create(Notification.Kind.PIPE)) {
            Frontend source = rig.frontend(VsockDriver.prepare(FrontendOptions.defaults()));
            source.suspend();
            source.client().migration().setDeviceStateFd(new Message.DeviceState(0, 0), pipe.writeEnd());
            pipe.writeEnd().close();
            // A pipe keeps more than the state of any socket device that is idle.
            source.client().migration().checkDeviceState();
            Frontend destination = rig.frontend(VsockDriver.prepare(FrontendOptions.defaults()));
            destination.suspend();
            destination.client().migration().setDeviceStateFd(new Message.DeviceState(1, 0), pipe.readEnd());
            destination.client().migration().checkDeviceState();
            var driver = new VsockDriver(destination, VsockDriver.Buffers.DEFAULT);
            driver.giveBuffers();
            destination.start();
            OptionalInt event = driver.event(rig.options().timeout().toNanos());
            CheckEnded.requireEqual("the first event is", OptionalInt.of(Vsock.TRANSPORT_RESET), event);
        }
    }

    private static void brief(Rig rig) throws IOException {
        VsockRig vsock = VsockRig.start(rig);
        vsock.driver().sendRaw(Bytes.zeroes(VsockHeader.BYTES / 2));
        requireTakes(vsock);
    }

    private static void lying(Rig rig) throws IOException {
        VsockRig vsock = VsockRig.start(rig);
        vsock.driver().send(vsock.packet(VsockRig.FREE_PORT, Vsock.RW).withLength(1000), Bytes.zeroes(10));
        requireTakes(vsock);
    }

    private static void requireTakes(VsockRig vsock) throws IOException {
        vsock.send(vsock.packet(VsockRig.FREE_PORT, Vsock.RST));
    }
}

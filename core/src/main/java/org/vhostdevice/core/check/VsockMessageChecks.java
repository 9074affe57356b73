package org.vhostdevice.core.check;

import static org.vhostdevice.core.check.Check.must;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.vhostdevice.core.frontend.vsock.HostMessages;
import org.vhostdevice.core.frontend.vsock.HybridHost;
import org.vhostdevice.core.frontend.vsock.Vsock;
import org.vhostdevice.core.frontend.vsock.VsockConnection;
import org.vhostdevice.core.frontend.vsock.VsockHeader;
import org.vhostdevice.core.frontend.vsock.VsockPacket;

/// What socket devices do with connections that keep the borders of messages (SEQPACKET); all need the host's side, and
/// a host that has such Unix sockets.
///
/// The flag END_OF_RECORD is sent, but not looked for: Unix sockets do not carry it everywhere.
final class VsockMessageChecks {
    private static final String MESSAGES = "VIRTIO 1.4, 5.10.6.6";
    private static final int[] LENGTHS = {1, 1000, 1, 20_000, 300};

    private VsockMessageChecks() {}

    static List<Check> checks() {
        Need seqpacket = Need.feature(Vsock.SEQPACKET, "SEQPACKET");
        return List.of(
                must("V10c", MESSAGES, "messages of the guest reach the host as they are", VsockMessageChecks::toHost)
                        .needing(VsockChecks.SHOWS_CONFIG, seqpacket),
                must("V10d", MESSAGES, "messages of the host reach the guest as they are", VsockMessageChecks::toGuest)
                        .needing(VsockChecks.SHOWS_CONFIG, seqpacket),
                must("V10e", MESSAGES, "the host connects to exchange messages", VsockMessageChecks::called)
                        .needing(VsockChecks.SHOWS_CONFIG, seqpacket));
    }

    /// The host's side with sockets for messages.
    private static HybridHost host(VsockRig vsock) {
        HybridHost host = vsock.host();
        if (!HostMessages.areThere()) {
            throw CheckEnded.skip("this host has no Unix sockets that keep the borders of messages");
        }
        return host;
    }

    @FunctionalInterface
    private interface Body {
        void run(VsockConnection guest, HostMessages host) throws IOException;
    }

    /// Connects the guest to the host.
    private static void connected(VsockRig vsock, Body body) throws IOException {
        try (HostMessages.Listener listener = host(vsock).listenForMessages(VsockRig.HOST_PORT)) {
            VsockHeader toHost = vsock.driver().header(VsockRig.GUEST_PORT, VsockRig.HOST_PORT, Vsock.TYPE_SEQPACKET);
            VsockConnection guest = VsockConnection.connect(vsock.driver(), toHost, VsockRig.SPACE);
            try (HostMessages host = listener.accept(vsock.timeout())
                    .orElseThrow(() -> CheckEnded.fail(
                            "a connection of the device to the host's socket",
                            "RESPONSE to the guest, but no connection"))) {
                body.run(guest, host);
            }
        }
    }

    private static byte[] message(int length) {
        return Arrays.copyOfRange(VsockRig.pattern(2 * length), length, 2 * length);
    }

    private static void toHost(Rig rig) throws IOException {
        VsockRig vsock = VsockRig.start(rig);
        connected(vsock, (guest, host) -> {
            for (int length : LENGTHS) {
                send(guest, message(length));
            }
            for (int length : LENGTHS) {
                requireMessage(vsock, host, message(length));
            }
        });
    }

    /// A message in three packets, if it is long enough, with the flags behind the last.
    private static void send(VsockConnection guest, byte... message) throws IOException {
        int third = message.length / 3;
        if (third > 0) {
            guest.write(VsockRig.data(message).asSlice(0, third), 0);
            guest.write(VsockRig.data(message).asSlice(third, third), 0);
        }
        guest.write(VsockRig.data(message).asSlice(2L * third), Vsock.END_OF_MESSAGE | Vsock.END_OF_RECORD);
    }

    private static void requireMessage(VsockRig vsock, HostMessages host, byte... expected) throws IOException {
        byte[] came = host.receive(vsock.timeout())
                .orElseThrow(() -> CheckEnded.fail(
                        "a message of " + expected.length + " bytes", "the end of the host's connection"));
        VsockConnectionChecks.requireSame(expected, came, "arrive at the host");
    }

    private static void toGuest(Rig rig) throws IOException {
        VsockRig vsock = VsockRig.start(rig);
        connected(vsock, (guest, host) -> {
            for (int length : LENGTHS) {
                host.send(message(length), vsock.timeout());
            }
            for (int length : LENGTHS) {
                requireMessage(guest, message(length));
            }
        });
    }

    private static void requireMessage(VsockConnection guest, byte... expected) throws IOException {
        ByteArrayOutputStream came = new ByteArrayOutputStream();
        boolean ended = false;
        while (!ended && came.size() < expected.length) {
            VsockPacket packet = guest.read()
                    .orElseThrow(() -> CheckEnded.fail(
                            "a message of " + expected.length + " bytes", came.size() + " bytes and an end"));
            came.writeBytes(packet.data().toArray());
            ended = (packet.header().flags() & Vsock.END_OF_MESSAGE) != 0;
        }
        VsockConnectionChecks.requireSame(expected, came.toByteArray(), "arrive at the guest");
        CheckEnded.require(ended, "END_OF_MESSAGE in the last packet of a message", "flags without it");
    }

    private static void called(Rig rig) throws IOException {
        VsockRig vsock = VsockRig.start(rig);
        try (HostMessages host = host(vsock)
                .connectForMessages(VsockRig.GUEST_PORT, vsock.timeout())
                .orElseThrow(() -> CheckEnded.skip("the device has no socket PATH.seqpacket"))) {
            VsockHeader request = vsock.requireRequest(VsockRig.GUEST_PORT);
            CheckEnded.requireEqual("the type of the request is", Vsock.TYPE_SEQPACKET, request.type());
            VsockConnection guest = VsockConnection.accept(vsock.driver(), request, VsockRig.SPACE);
            String line = host.receiveLine(vsock.timeout());
            CheckEnded.require(line.startsWith("OK"), "a line that begins with OK", "'" + line + "'");
            host.send(message(LENGTHS[1]), vsock.timeout());
            requireMessage(guest, message(LENGTHS[1]));
            send(guest, message(LENGTHS[1]));
            requireMessage(vsock, host, message(LENGTHS[1]));
        }
    }
}

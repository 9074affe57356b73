package org.vhostdevice.core.check;

import static org.vhostdevice.core.check.Check.must;
import static org.vhostdevice.core.check.Check.should;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.vhostdevice.core.frontend.vsock.HostSocket;
import org.vhostdevice.core.frontend.vsock.Vsock;
import org.vhostdevice.core.frontend.vsock.VsockHeader;
import org.vhostdevice.core.frontend.vsock.VsockHeader.Credit;
import org.vhostdevice.core.protocol.Bytes;

/// What socket devices do with stream connections; all need the host's side.
final class VsockConnectionChecks {
    private static final String CREDIT = "VIRTIO 1.4, 5.10.6.3";
    private static final String CREDIT_DEVICE = "VIRTIO 1.4, 5.10.6.3.2";
    private static final String STREAMS = "VIRTIO 1.4, 5.10.6.5";
    private static final String PACKETS = "VIRTIO 1.4, 5.10.6";
    private static final int SMALL = 4096;
    private static final int MUCH = 300_000;
    private static final int SOME = 1000;
    private static final int TINY = 5;

    private VsockConnectionChecks() {}

    static List<Check> checks() {
        return List.of(
                must("V2", CREDIT_DEVICE, "no more is sent than the guest has room for", VsockConnectionChecks::credit),
                must("V3a", CREDIT_DEVICE, "all packets tell buffer space", VsockConnectionChecks::space),
                must("V3b", CREDIT, "fwd_cnt counts what the host has taken", VsockConnectionChecks::counted),
                must("V3c", CREDIT, "data of any length passes to the host", VsockConnectionChecks::muchToHost),
                must("V7", CREDIT, "CREDIT_REQUEST is answered by CREDIT_UPDATE", VsockConnectionChecks::asked),
                must("V8a", STREAMS, "SHUTDOWN of both directions is answered by RST", VsockConnectionChecks::ended),
                must("V8b", STREAMS, "the guest learns that the host has closed", VsockConnectionChecks::hostCloses),
                must("V8c", STREAMS, "RST of the guest closes the host's end", VsockConnectionChecks::guestResets),
                should("V8d", STREAMS, "the host may send after the guest says no more", VsockConnectionChecks::half),
                must("V9", PACKETS, "bytes behind a packet's data are no data", VsockConnectionChecks::longBuffer),
                should("V12b", "VIRTIO 1.4, 5.10.3.2", "streams work without features", VsockConnectionChecks::bare),
                must("V14a", STREAMS, "the host connects to the guest", VsockConnectionChecks::called),
                must("V14b", STREAMS, "the guest refuses the host", VsockConnectionChecks::guestRefuses));
    }

    static void requireSame(byte[] sent, byte[] came, String where) {
        CheckEnded.require(
                Arrays.equals(sent, came),
                sent.length + " bytes " + where + " as they were sent",
                came.length + " bytes, the first different one at " + Arrays.mismatch(sent, came));
    }

    private static void credit(Rig rig) throws IOException {
        VsockRig vsock = VsockRig.start(rig);
        vsock.connected(SMALL, (guest, host) -> {
            byte[] sent = VsockRig.pattern(4 * SMALL);
            int written = host.writeNow(ByteBuffer.wrap(sent));
            // Any packet beyond the credit ends the wait with a violation.
            boolean _ = guest.await(() -> false, LiveRing.QUIET.toNanos());
            byte[] came = guest.read(written);
            requireSame(Arrays.copyOf(sent, written), came, "arrive at the guest");
        });
    }

    private static void space(Rig rig) throws IOException {
        VsockRig vsock = VsockRig.start(rig);
        vsock.connected(VsockRig.SPACE, (guest, host) -> {
            requireSpace(guest.hostCredit(), "RESPONSE");
            host.write(ByteBuffer.wrap(new byte[TINY]));
            byte[] _ = guest.read(TINY);
            requireSpace(guest.hostCredit(), "data");
        });
    }

    private static void requireSpace(Credit credit, String packet) {
        CheckEnded.require(credit.space() != 0, "buf_alloc above 0 in " + packet, "buf_alloc 0");
    }

    private static void counted(Rig rig) throws IOException {
        VsockRig vsock = VsockRig.start(rig);
        vsock.connected(VsockRig.SPACE, (guest, host) -> {
            guest.write(VsockRig.data(VsockRig.pattern(SOME)), 0);
            byte[] _ = host.read(SOME, vsock.timeout());
            guest.send(Vsock.CREDIT_REQUEST, 0, VsockRig.data());
            boolean counted = guest.await(
                    () -> guest.hostCredit().forwarded() == SOME,
                    vsock.timeout().toNanos());
            CheckEnded.require(
                    counted,
                    "fwd_cnt " + SOME,
                    "fwd_cnt " + Integer.toUnsignedString(guest.hostCredit().forwarded()));
        });
    }

    private static void muchToHost(Rig rig) throws IOException {
        VsockRig vsock = VsockRig.start(rig);
        vsock.connected(VsockRig.SPACE, (guest, host) -> {
            byte[] sent = VsockRig.pattern(MUCH);
            ByteBuffer came = ByteBuffer.allocate(MUCH);
            for (int at = 0; at < MUCH; at += SOME) {
                guest.write(VsockRig.data(sent).asSlice(at, SOME), 0);
                while (came.position() < at + SOME && host.read(came, vsock.timeout()) > 0) {
                    // more of it
                }
            }
            requireSame(sent, came.array(), "arrive at the host");
        });
    }

    private static void asked(Rig rig) throws IOException {
        VsockRig vsock = VsockRig.start(rig);
        vsock.connected(VsockRig.SPACE, (_, _) -> {
            VsockHeader request = vsock.packet(VsockRig.HOST_PORT, Vsock.CREDIT_REQUEST);
            vsock.send(request.withCredit(new Credit(VsockRig.SPACE, 0)));
            var next = vsock.receive();
            CheckEnded.require(
                    next.isPresent() && next.get().header().operation() == Vsock.CREDIT_UPDATE,
                    "CREDIT_UPDATE",
                    next.map(p -> VsockRig.describe(p.header())).orElse("no packet"));
        });
    }

    private static void ended(Rig rig) throws IOException {
        VsockRig vsock = VsockRig.start(rig);
        vsock.connected(VsockRig.SPACE, (guest, host) -> {
            guest.shutdown(Vsock.SHUTDOWN_BOTH);
            requireEnd(vsock, host);
            boolean reset = guest.await(guest::isReset, vsock.timeout().toNanos());
            CheckEnded.require(reset, "RST", "no RST");
        });
    }

    private static void requireEnd(VsockRig vsock, HostSocket host) throws IOException {
        int n = host.read(ByteBuffer.allocate(1), vsock.timeout());
        CheckEnded.require(n < 0, "the end of the host's connection", n == 0 ? "it is open" : "data");
    }

    private static void hostCloses(Rig rig) throws IOException {
        VsockRig vsock = VsockRig.start(rig);
        vsock.connected(VsockRig.SPACE, (guest, host) -> {
            host.close();
            boolean told = guest.await(
                    () -> guest.isReset() || guest.hostShutdown() != 0,
                    vsock.timeout().toNanos());
            CheckEnded.require(told, "SHUTDOWN or RST", "no packet");
        });
    }

    private static void guestResets(Rig rig) throws IOException {
        VsockRig vsock = VsockRig.start(rig);
        vsock.connected(VsockRig.SPACE, (guest, host) -> {
            guest.send(Vsock.RST, 0, VsockRig.data());
            requireEnd(vsock, host);
        });
    }

    private static void half(Rig rig) throws IOException {
        VsockRig vsock = VsockRig.start(rig);
        vsock.connected(VsockRig.SPACE, (guest, host) -> {
            guest.shutdown(Vsock.SHUTDOWN_SEND);
            requireEnd(vsock, host);
            byte[] sent = VsockRig.pattern(SOME);
            host.write(ByteBuffer.wrap(sent));
            requireSame(sent, guest.read(SOME), "arrive at the guest");
        });
    }

    private static void longBuffer(Rig rig) throws IOException {
        VsockRig vsock = VsockRig.start(rig);
        vsock.connected(VsockRig.SPACE, (_, host) -> {
            VsockHeader header = vsock.packet(VsockRig.HOST_PORT, Vsock.RW)
                    .withLength(TINY)
                    .withCredit(new Credit(VsockRig.SPACE, 0));
            vsock.driver().send(header, Bytes.of(VsockRig.pattern(SOME)));
            vsock.driver().send(header, Bytes.of(VsockRig.pattern(TINY)));
            byte[] twice = Arrays.copyOf(VsockRig.pattern(TINY), 2 * TINY);
            System.arraycopy(twice, 0, twice, TINY, TINY);
            requireSame(twice, host.read(2 * TINY, vsock.timeout()), "arrive at the host");
        });
    }

    private static void bare(Rig rig) throws IOException {
        VsockRig vsock = VsockRig.withoutFeatures(rig, Vsock.STREAM | Vsock.SEQPACKET | Vsock.NO_IMPLIED_STREAM);
        vsock.connected(VsockRig.SPACE, (guest, host) -> {
            guest.write(VsockRig.data(VsockRig.pattern(SOME)), 0);
            requireSame(VsockRig.pattern(SOME), host.read(SOME, vsock.timeout()), "arrive at the host");
        });
    }

    private static void called(Rig rig) throws IOException {
        VsockRig vsock = VsockRig.start(rig);
        vsock.called(VsockRig.GUEST_PORT, (guest, host) -> {
            String line = host.readLine(vsock.timeout());
            CheckEnded.require(line.startsWith("OK"), "a line that begins with OK", "'" + line + "'");
            byte[] sent = VsockRig.pattern(SOME);
            host.write(ByteBuffer.wrap(sent));
            requireSame(sent, guest.read(SOME), "arrive at the guest");
            guest.write(VsockRig.data(sent), 0);
            requireSame(sent, host.read(SOME, vsock.timeout()), "arrive at the host");
        });
    }

    private static void guestRefuses(Rig rig) throws IOException {
        VsockRig vsock = VsockRig.start(rig);
        try (HostSocket host = vsock.host().connect(VsockRig.GUEST_PORT)) {
            VsockHeader request = vsock.requireRequest(VsockRig.GUEST_PORT);
            vsock.send(request.answer().withOperation(Vsock.RST, 0));
            requireEnd(vsock, host);
        }
    }
}

package org.vhostdevice.core.check;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.vsock.HostListener;
import org.vhostdevice.core.frontend.vsock.HostSocket;
import org.vhostdevice.core.frontend.vsock.HybridHost;
import org.vhostdevice.core.frontend.vsock.Vsock;
import org.vhostdevice.core.frontend.vsock.VsockConnection;
import org.vhostdevice.core.frontend.vsock.VsockDriver;
import org.vhostdevice.core.frontend.vsock.VsockHeader;
import org.vhostdevice.core.frontend.vsock.VsockPacket;
import org.vhostdevice.core.protocol.Bytes;

/// A driver of a socket device for one check, with the host's side where the caller has told where it is.
final class VsockRig {
    /// A port of the host on which a check listens.
    static final int HOST_PORT = 0x5eed;

    /// A port of the host on which nobody listens.
    static final int FREE_PORT = 0x5eee;

    /// A port of the guest.
    static final int GUEST_PORT = 0x6000;

    /// How large the guest's receive buffer is said to be.
    static final int SPACE = 64 << 10;

    private final Rig rig;
    private final VsockDriver driver;

    private VsockRig(Rig rig, VsockDriver driver) {
        this.rig = rig;
        this.driver = driver;
    }

    /// A driver without receive buffers in the device's hands.
    static VsockRig quiet(Rig rig) throws IOException {
        FrontendOptions options = VsockDriver.prepare(FrontendOptions.defaults());
        return new VsockRig(rig, new VsockDriver(rig.frontend(options), VsockDriver.Buffers.DEFAULT));
    }

    /// A driver with receive buffers.
    static VsockRig start(Rig rig) throws IOException {
        return withoutFeatures(rig, 0);
    }

    /// A driver that does without features of the device.
    static VsockRig withoutFeatures(Rig rig, long fewer) throws IOException {
        FrontendOptions options =
                VsockDriver.prepare(FrontendOptions.defaults()).withoutFeatures(fewer);
        var vsock = new VsockRig(rig, new VsockDriver(rig.frontend(options), VsockDriver.Buffers.DEFAULT));
        vsock.driver.giveBuffers();
        return vsock;
    }

    VsockDriver driver() {
        return driver;
    }

    Duration timeout() {
        return rig.options().timeout();
    }

    private long timeoutNanos() {
        return timeout().toNanos();
    }

    /// The host's side.
    ///
    /// @throws CheckEnded to skip the check if the caller has not told where it is
    HybridHost host() {
        return rig.options()
                .hostSockets()
                .map(HybridHost::new)
                .orElseThrow(() -> CheckEnded.skip("needs the host's side of the device: give --vsock-uds PATH"));
    }

    /// A packet to the host, of a stream connection that does not exist.
    VsockHeader packet(int port, int operation) {
        return driver.header(GUEST_PORT, port, Vsock.TYPE_STREAM).withOperation(operation, 0);
    }

    void send(VsockHeader header) throws IOException {
        driver.send(header, Bytes.of());
    }

    /// The next packet for the guest, if one comes in time.
    Optional<VsockPacket> receive() throws IOException {
        return receive(timeoutNanos());
    }

    Optional<VsockPacket> receive(long within) throws IOException {
        List<VsockPacket> packets = new ArrayList<>();
        boolean _ = driver.receive(within, (header, data) -> packets.add(new VsockPacket(header, Bytes.of(data))));
        return packets.stream().findFirst();
    }

    /// Fails unless the next packet resets the connection that a packet was of.
    void requireReset(VsockHeader sent, String after) throws IOException {
        Optional<VsockHeader> next = receive().map(VsockPacket::header);
        CheckEnded.require(
                next.isPresent()
                        && next.get().operation() == Vsock.RST
                        && next.get().answers(sent),
                "RST after " + after,
                next.map(VsockRig::describe).orElse("no packet"));
    }

    /// Fails if a packet comes.
    void requireSilence(String after) throws IOException {
        Optional<VsockPacket> next = receive(LiveRing.QUIET.toNanos());
        CheckEnded.require(
                next.isEmpty(),
                "no packet after " + after,
                next.map(p -> describe(p.header())).orElse(""));
    }

    static String describe(VsockHeader header) {
        return "operation " + header.operation() + " of type " + header.type() + " from port "
                + Integer.toUnsignedString(header.source().port()) + " to port "
                + Integer.toUnsignedString(header.destination().port());
    }

    /// What is done with both ends of a connection.
    @FunctionalInterface
    interface Body {
        void run(VsockConnection guest, HostSocket host) throws IOException;
    }

    /// Connects the guest to the host.
    void connected(int space, Body body) throws IOException {
        try (HostListener listener = host().listen(HOST_PORT)) {
            VsockConnection guest =
                    VsockConnection.connect(driver, driver.header(GUEST_PORT, HOST_PORT, Vsock.TYPE_STREAM), space);
            try (HostSocket host = listener.accept(timeout())
                    .orElseThrow(() -> CheckEnded.fail(
                            "a connection of the device to the host's socket",
                            "RESPONSE to the guest, but no connection"))) {
                body.run(guest, host);
            }
        }
    }

    /// Connects the host to the guest, which grants it.
    void called(int port, Body body) throws IOException {
        try (HostSocket host = host().connect(port)) {
            VsockHeader request = requireRequest(port);
            body.run(VsockConnection.accept(driver, request, SPACE), host);
        }
    }

    /// The request of the host for a port of the guest.
    VsockHeader requireRequest(int port) throws IOException {
        Optional<VsockHeader> next = receive().map(VsockPacket::header);
        CheckEnded.require(
                next.isPresent()
                        && next.get().operation() == Vsock.REQUEST
                        && next.get().destination().port() == port,
                "REQUEST for port " + port + " of the guest",
                next.map(VsockRig::describe).orElse("no packet"));
        return next.orElseThrow();
    }

    /// Bytes that differ from place to place.
    static byte[] pattern(int bytes) {
        byte[] pattern = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            pattern[i] = (byte) (i * 31 + (i >> 8));
        }
        return pattern;
    }

    static MemorySegment data(byte... bytes) {
        return MemorySegment.ofArray(bytes);
    }
}

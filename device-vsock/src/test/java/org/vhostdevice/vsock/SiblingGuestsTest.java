package org.vhostdevice.vsock;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.device.DeviceArguments.Further;
import org.vhostdevice.core.device.DevicePlace;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.frontend.vsock.HostMessages;
import org.vhostdevice.core.frontend.vsock.Vsock;
import org.vhostdevice.core.frontend.vsock.VsockConnection;
import org.vhostdevice.core.frontend.vsock.VsockHeader;
import org.vhostdevice.core.frontend.vsock.VsockPacket;
import org.vhostdevice.core.protocol.Bytes;
import org.vhostdevice.core.testkit.Background;
import org.vhostdevice.core.testkit.Seeded;

/// Guests of one process that talk to each other.
@Timeout(120)
@ExtendWith(Seeded.class)
class SiblingGuestsTest {
    private static final int MUCH = 2_000_000;
    private static final int PORT = 9000;
    private static final int FROM = 1000;

    @TempDir
    private Path folder;

    private GuestRig first;
    private GuestRig second;
    private GuestRig stranger;

    @BeforeEach
    void serve() throws Exception {
        List<Further> guests = GuestRig.options("--vm", vm(10, "a+b"), "--vm", vm(11, "b+c"), "--vm", vm(12, "d"))
                .further();
        first = rig(guests.get(0));
        second = rig(guests.get(1));
        stranger = rig(guests.get(2));
    }

    @AfterEach
    void end() throws IOException {
        first.close();
        second.close();
        stranger.close();
    }

    private static GuestRig rig(Further guest) throws Exception {
        return new GuestRig(guest.arguments(), ((DevicePlace.File) guest.place()).path());
    }

    private String vm(int cid, String groups) {
        return "guest_cid=" + cid + ",socket=" + folder.resolve("s" + cid) + ",uds_path=" + folder.resolve("h" + cid)
                + ",tx_buffer_size=65536,groups=" + groups;
    }

    /// Both ends of a connection.
    private record Pair(VsockConnection near, VsockConnection far) {}

    /// Connects the first guest to the second.
    ///
    /// @param space of the second guest's receive buffer
    private Pair connect(int from, int type, int space) throws IOException {
        VsockConnection near = VsockConnection.request(first.driver(), first.to(11, PORT, from, type), GuestRig.SPACE);
        VsockHeader request = second.requested(PORT);
        assertEquals(new VsockHeader.Address(10, from), request.source());
        assertEquals(type, request.type());
        VsockConnection far = second.grant(request, space);
        assertTrue(near.await(near::isOpen, GuestRig.LONG.toNanos()));
        return new Pair(near, far);
    }

    private void requireRefused(GuestRig from, long cid) {
        assertThrows(
                BackendRefusal.class,
                () -> VsockConnection.connect(
                        from.driver(), from.to(cid, PORT, FROM, Vsock.TYPE_STREAM), GuestRig.SPACE));
    }

    @Test
    void muchGoesBothWaysAndEachEndIsSaid(RandomGenerator random) throws Exception {
        byte[] there = new byte[MUCH];
        byte[] back = new byte[MUCH];
        random.nextBytes(there);
        random.nextBytes(back);
        Pair pair = connect(FROM, Vsock.TYPE_STREAM, GuestRig.SPACE);
        CompletableFuture<byte[]> came = Background.call(() -> {
            byte[] all = pair.far().read(MUCH);
            assertTrue(pair.far().read().isEmpty());
            pair.far().write(MemorySegment.ofArray(back), 0);
            pair.far().shutdown(Vsock.SHUTDOWN_BOTH);
            return all;
        });
        pair.near().write(MemorySegment.ofArray(there), 0);
        pair.near().shutdown(Vsock.SHUTDOWN_SEND);
        assertArrayEquals(back, pair.near().read(MUCH));
        assertTrue(pair.near().read().isEmpty());
        assertArrayEquals(there, came.join());
    }

    @Test
    void messagesKeepTheirBorders() throws Exception {
        assumeTrue(HostMessages.areThere(), "this host has no sockets for messages");
        Pair pair = connect(FROM, Vsock.TYPE_SEQPACKET, GuestRig.SPACE);
        for (int length : new int[] {1, 3000, 40_000}) {
            pair.near().write(MemorySegment.ofArray(new byte[length]), Vsock.END_OF_MESSAGE);
        }
        for (int length : new int[] {1, 3000, 40_000}) {
            int came = 0;
            boolean ended = false;
            while (!ended) {
                VsockPacket packet = pair.far().read().orElseThrow();
                came += packet.data().length();
                ended = (packet.header().flags() & Vsock.END_OF_MESSAGE) != 0;
            }
            assertEquals(length, came);
        }
    }

    @Test
    void guestThatTakesNothingBoundsWhatIsUnderWayAndHoldsUpNobodyElse() throws Exception {
        int space = 1000;
        Pair stuck = connect(FROM, Vsock.TYPE_STREAM, space);
        long sent = 0;
        long room = stuck.near().room();
        while (room > 0) {
            int part = (int) Math.min(room, 4096);
            stuck.near().send(Vsock.RW, 0, MemorySegment.ofArray(new byte[part]));
            sent += part;
            boolean _ = stuck.near().await(() -> stuck.near().room() > 0, 50_000_000);
            room = stuck.near().room();
        }
        assertTrue(sent < 2_000_000, sent + " bytes are under way");
        Pair other = connect(FROM + 1, Vsock.TYPE_STREAM, GuestRig.SPACE);
        CompletableFuture<byte[]> came = Background.call(() -> other.far().read(MUCH));
        other.near().write(MemorySegment.ofArray(new byte[MUCH]), 0);
        assertEquals(MUCH, came.join().length);
        assertEquals(0, stuck.near().room());
    }

    @Test
    void guestThatRefusesIsHeard() throws Exception {
        VsockConnection near =
                VsockConnection.request(first.driver(), first.to(11, PORT, FROM, Vsock.TYPE_STREAM), GuestRig.SPACE);
        VsockHeader request = second.requested(PORT);
        second.driver().send(request.answer().withOperation(Vsock.RST, 0), Bytes.of());
        assertTrue(near.await(near::isReset, GuestRig.LONG.toNanos()));
    }

    @Test
    void guestsWithoutACommonGroupAndUnknownOnesAreRefused() {
        requireRefused(first, 12);
        requireRefused(stranger, 10);
        requireRefused(first, 10);
        requireRefused(first, 13);
        requireRefused(first, 0xffff_ffffL);
    }

    @Test
    void guestThatIsAwayIsRefusedAndItsConnectionsEnd() throws Exception {
        Pair pair = connect(FROM, Vsock.TYPE_STREAM, GuestRig.SPACE);
        second.leave();
        assertTrue(pair.near()
                .await(() -> pair.near().isReset() || pair.near().hostShutdown() != 0, GuestRig.LONG.toNanos()));
        VsockConnection late = VsockConnection.request(
                first.driver(), first.to(11, PORT, FROM + 1, Vsock.TYPE_STREAM), GuestRig.SPACE);
        assertTrue(late.await(late::isReset, GuestRig.LONG.toNanos()));
    }
}

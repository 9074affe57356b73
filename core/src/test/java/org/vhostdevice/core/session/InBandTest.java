package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.vhostdevice.core.frontend.BackendDisconnected;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.frontend.BackendRequestChannel;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.testkit.RngTestDevice.Completion;

@DisplayName("vhost-user: notifications by messages")
class InBandTest extends ServedDeviceTest {
    private static final Duration SHORT = Duration.ofMillis(SHORT_MILLIS);
    private static final Duration LONG = Duration.ofMillis(LONG_MILLIS);
    private static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final List<String> told = new ArrayList<>();
    private BackendRequestChannel channel;

    InBandTest() {
        super(2, Completion.AT_ONCE);
    }

    @BeforeEach
    void makeChannel() throws Exception {
        channel = BackendRequestChannel.create(
                (request, payload) -> {
                    told.add(request + " " + payload);
                    return 0;
                },
                LONG);
    }

    @AfterEach
    void closeChannel() {
        channel.close();
    }

    /// Has the first ring set up, enabled and not started, without any descriptor.
    private StepQueue prepare() throws IOException {
        frontend.negotiateWith(ProtocolFeature.INBAND_NOTIFICATIONS);
        passChannel();
        frontend.shareMemory();
        StepQueue queue = frontend.queue(0);
        prepareAgain(queue);
        return queue;
    }

    private void passChannel() throws IOException {
        frontend.client.setBackendReqFd(channel.backendEnd());
        channel.closeBackendEnd();
    }

    private void prepareAgain(StepQueue queue) throws IOException {
        frontend.client.setVringNum(queue.index, StepQueue.SIZE);
        frontend.client.setVringBase(queue.index, queue.ring.resume());
        frontend.client.setVringAddr(frontend.address(queue));
        frontend.client.setVringEnable(queue.index, true);
    }

    private void awaitTold(String what) throws IOException {
        assertTrue(channel.waitFor(LONG), what);
        channel.serve();
        assertEquals(what, told.removeFirst());
    }

    private void awaitUsed(StepQueue queue, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            while (!queue.ring.arm()) {
                awaitTold(call(queue.index));
            }
            queue.takeUsed();
        }
    }

    private static String call(int queue) {
        return "VRING_CALL VringState[index=" + queue + ", value=0]";
    }

    private static String error(int queue) {
        return "VRING_ERR VringState[index=" + queue + ", value=0]";
    }

    @Test
    void kicksStartARingAndCallsAreMessages() throws Exception {
        StepQueue queue = prepare();
        queue.offer(3);
        frontend.client.vringKick(0);
        awaitUsed(queue, 3);
        for (int i = 0; i < 20; i++) {
            queue.offer(2);
            frontend.client.vringKick(0);
            awaitUsed(queue, 2);
        }
        assertEquals(1, device.starts());
        assertFalse(queue.awaitCall(0));
    }

    @Test
    void ringThatAMessageStartedWaitsForMessages() throws Exception {
        StepQueue queue = prepare();
        queue.offer(1);
        frontend.client.vringKick(0);
        awaitUsed(queue, 1);
        long availableEvent = queue.ring.addresses().used() + 4 + 8 * StepQueue.SIZE;
        Waiting.until(
                () -> frontend.memory.slice(availableEvent, 2).get(LE16, 0) == 1,
                () -> "the device wants another kick");
        frontend.client.setVringErr(0, null); // answered by the worker, so it has done looking
        while (channel.waitFor(SHORT)) {
            channel.serve();
        }
        queue.ring.arm();
        queue.offer(1);
        assertFalse(channel.waitFor(SHORT));
        assertEquals(0, queue.ring.pending());
        frontend.client.vringKick(0);
        awaitUsed(queue, 1);
    }

    @Test
    void descriptorsGoBeforeMessages() throws Exception {
        StepQueue queue = prepare();
        frontend.start(queue);
        queue.request(5);
        queue.awaitUsed(5);
        assertFalse(channel.waitFor(SHORT));
    }

    @Test
    void kickByMessageIsHeardBesideADescriptor() throws Exception {
        StepQueue queue = prepare();
        frontend.start(queue);
        for (int i = 0; i < 20; i++) {
            queue.offer(1);
            frontend.client.vringKick(0);
            queue.awaitUsed(1);
        }
    }

    @Test
    void frontEndMayAskForPollingAllTheSame() throws Exception {
        StepQueue queue = prepare();
        frontend.client.setVringCall(0, null);
        frontend.client.setVringKick(0, null);
        queue.offer(4);
        queue.pollUsed(4);
        assertFalse(channel.waitFor(SHORT));
    }

    @Test
    void endsTheConnectionWithoutWhatInBandNotificationsNeed() throws Exception {
        long inBand = ProtocolFeature.INBAND_NOTIFICATIONS.mask();
        for (long bits : new long[] {
            inBand, inBand | ProtocolFeature.REPLY_ACK.mask(), inBand | ProtocolFeature.BACKEND_REQ.mask()
        }) {
            try (ServerFixture other = ServerFixture.serve(device);
                    StepFrontend client = StepFrontend.connect(other.socket())) {
                assertThrows(BackendDisconnected.class, () -> {
                    client.client.setProtocolFeatures(bits);
                    client.client.getFeatures();
                });
            }
        }
    }

    @Test
    @DisplayName("GET_VRING_BASE is answered while the front end acknowledges nothing; the last call comes before it")
    void stopsWhileACallIsNotAcknowledged() throws Exception {
        StepQueue queue = prepare();
        queue.ring.arm();
        queue.offer(1);
        frontend.client.vringKick(0);
        assertTrue(channel.waitFor(LONG), "a call that is not acknowledged");
        queue.pollUsed(1);
        queue.ring.arm();
        queue.offer(1);
        frontend.client.vringKick(0);
        queue.pollUsed(1);
        assertEquals(2, frontend.client.getVringBase(0));
        awaitTold(call(0));
        awaitTold(call(0));
        assertFalse(channel.waitFor(SHORT), "a stopped ring is silent");

        prepareAgain(queue);
        queue.offer(1);
        frontend.client.vringKick(0);
        awaitUsed(queue, 1);
    }

    @Test
    void callsThatWaitForAnAcknowledgementAreOneCall() throws Exception {
        StepQueue queue = prepare();
        for (int i = 0; i < 50; i++) {
            queue.ring.arm();
            queue.offer(1);
            frontend.client.vringKick(0);
            queue.pollUsed(1);
        }
        awaitTold(call(0));
        awaitTold(call(0));
        assertFalse(channel.waitFor(SHORT), "50 calls are two messages");
    }

    @Test
    void brokenRingIsReportedByMessage() throws Exception {
        StepQueue queue = prepare();
        frontend.client.vringKick(0);
        frontend.memory.slice(queue.ring.addresses().available(), 4).set(LE16, 2, (short) (StepQueue.SIZE + 1));
        frontend.client.vringKick(0);
        awaitTold(error(0));
        awaitTold("CONFIG_CHANGE_MSG Empty[]");
    }

    @Test
    void kickOfARingThatWasNotSetUpIsRefusedAndReported() throws Exception {
        prepare();
        assertThrows(BackendRefusal.class, () -> frontend.client.vringKick(1));
        awaitTold(error(1));
        assertThrows(BackendRefusal.class, () -> frontend.client.vringKick(2));
    }

    @Test
    void notificationsWaitForTheChannel() throws Exception {
        frontend.negotiateWith(ProtocolFeature.INBAND_NOTIFICATIONS);
        frontend.shareMemory();
        StepQueue queue = frontend.queue(0);
        prepareAgain(queue);
        queue.ring.arm();
        queue.offer(1);
        frontend.client.vringKick(0);
        queue.pollUsed(1);
        passChannel();
        awaitTold(call(0));
    }

    @Test
    void anotherChannelTakesOver() throws Exception {
        StepQueue queue = prepare();
        queue.offer(1);
        frontend.client.vringKick(0);
        awaitUsed(queue, 1);
        try (BackendRequestChannel _ = channel) {
            makeChannel();
            passChannel();
        }
        queue.offer(1);
        frontend.client.vringKick(0);
        awaitUsed(queue, 1);
    }

    @Test
    void connectionEndsWithAChannelThatIsNeeded() throws Exception {
        StepQueue queue = prepare();
        frontend.client.vringKick(0);
        channel.close();
        queue.ring.arm();
        queue.offer(1);
        assertThrows(BackendDisconnected.class, () -> {
            frontend.client.vringKick(0);
            frontend.client.receiveRaw(LONG);
        });
    }

    @Test
    void nextFrontEndIsServedAfterOneThatAcknowledgedNothing() throws Exception {
        StepQueue queue = prepare();
        queue.ring.arm();
        queue.offer(1);
        frontend.client.vringKick(0);
        assertTrue(channel.waitFor(LONG));
        frontend.close();
        try (StepFrontend next = server.started()) {
            next.queue(0).request(1);
            next.queue(0).awaitUsed(1);
        }
    }
}

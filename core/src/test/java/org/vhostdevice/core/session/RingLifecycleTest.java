package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.protocol.Message.VringAddress;
import org.vhostdevice.core.sys.EventNotifier;
import org.vhostdevice.core.sys.Notification;
import org.vhostdevice.core.testkit.RngTestDevice.Completion;

@DisplayName("vhost-user: starting, enabling and stopping rings")
class RingLifecycleTest extends ServedDeviceTest {
    RingLifecycleTest() {
        super(2, Completion.AT_ONCE);
    }

    @Test
    void startsAtSetVringKickWithoutWaitingForAKick() throws Exception {
        frontend.negotiate();
        frontend.shareMemory();
        StepQueue queue = frontend.queue(0);
        queue.offer(3);
        frontend.start(queue);
        queue.awaitUsed(3);
    }

    @Test
    void enablesAllRingsAtOnceWithoutProtocolFeatures() throws Exception {
        frontend.negotiateWithout(StepFrontend.PROTOCOL_FEATURES);
        frontend.shareMemory();
        StepQueue queue = frontend.queue(1);
        frontend.setUp(queue);
        frontend.client.setVringKick(1, queue.kickEnd());
        queue.request(1);
        queue.awaitUsed(1);
    }

    @Test
    void doesNotProcessARingThatIsDisabled() throws Exception {
        frontend.negotiate();
        frontend.shareMemory();
        StepQueue queue = frontend.queue(0);
        frontend.setUp(queue);
        frontend.client.setVringKick(0, queue.kickEnd());
        queue.request(1);
        assertFalse(queue.awaitCall(SHORT_MILLIS));
        assertEquals(0, queue.ring.pending());

        frontend.client.setVringEnable(0, true);
        queue.awaitUsed(1);

        frontend.client.setVringEnable(0, false);
        queue.awaitCall(0);
        queue.request(1);
        assertFalse(queue.awaitCall(SHORT_MILLIS));
        assertEquals(0, queue.ring.pending());

        frontend.client.setVringEnable(0, true);
        queue.awaitUsed(1);
    }

    @Test
    void doesNotProcessARingThatIsStopped() throws Exception {
        frontend.negotiate();
        frontend.startAll();
        StepQueue queue = frontend.queue(0);
        queue.request(2);
        queue.awaitUsed(2);
        assertEquals(2, frontend.client.getVringBase(0));
        queue.awaitCall(0);
        queue.request(1);
        assertFalse(queue.awaitCall(SHORT_MILLIS));
        assertEquals(0, queue.ring.pending());
        assertEquals(2, frontend.client.getVringBase(0), "a stopped ring keeps its base");
        assertEquals(device.starts() - 1, device.closes());

        frontend.start(queue);
        queue.awaitUsed(1);
        assertEquals(3, frontend.client.getVringBase(0));
    }

    @Test
    void leavesOtherRingsRunningWhenOneStops() throws Exception {
        frontend.negotiate();
        frontend.startAll();
        frontend.client.getVringBase(0);
        frontend.queue(1).request(4);
        frontend.queue(1).awaitUsed(4);
    }

    @Test
    void signalsANewCallDescriptorOnce() throws Exception {
        frontend.negotiate();
        frontend.startAll();
        StepQueue queue = frontend.queue(0);
        assertTrue(queue.awaitCall(LONG_MILLIS), "the first one is new as well");
        frontend.client.setVringCall(0, queue.renewCall());
        assertTrue(queue.awaitCall(LONG_MILLIS));
        assertFalse(queue.awaitCall(SHORT_MILLIS));
        queue.request(1);
        queue.awaitUsed(1);
    }

    @Test
    void doesNotSignalTheCallDescriptorOfAStoppedRing() throws Exception {
        frontend.negotiate();
        StepQueue queue = frontend.queue(0);
        frontend.client.setVringCall(0, queue.callEnd());
        assertFalse(queue.awaitCall(SHORT_MILLIS));
    }

    @Test
    void looksAgainWhenTheKickDescriptorIsReplaced() throws Exception {
        frontend.negotiate();
        frontend.startAll();
        StepQueue queue = frontend.queue(0);
        queue.request(1);
        queue.awaitUsed(1);
        queue.offer(1);
        try (Notification other = Notification.create()) {
            frontend.client.setVringKick(0, other.readEnd());
            queue.awaitUsed(1);
            assertEquals(2, device.starts(), "the ring went on");
        }
    }

    @Test
    void pollsARingWithoutKickDescriptor() throws Exception {
        frontend.negotiate();
        frontend.shareMemory();
        StepQueue queue = frontend.queue(0);
        frontend.setUp(queue);
        frontend.client.setVringKick(0, null);
        frontend.client.setVringEnable(0, true);
        for (int i = 0; i < 20; i++) {
            queue.offer(1);
            queue.awaitUsed(1);
        }
    }

    @Test
    void doesNotNotifyWithoutCallDescriptor() throws Exception {
        frontend.negotiate();
        frontend.startAll();
        StepQueue queue = frontend.queue(0);
        assertTrue(queue.awaitCall(LONG_MILLIS));
        frontend.client.setVringCall(0, null);
        queue.request(5);
        queue.pollUsed(5);
        assertFalse(queue.awaitCall(SHORT_MILLIS));
    }

    @Test
    void servesPipesInPlaceOfEventfds() throws Exception {
        frontend.negotiate();
        frontend.shareMemory();
        StepQueue queue = frontend.queue(0);
        frontend.setUp(queue);
        try (Notification kick = Notification.create(Notification.Kind.PIPE)) {
            frontend.client.setVringKick(0, kick.readEnd());
            frontend.client.setVringEnable(0, true);
            queue.offer(1);
            try (var kicker = EventNotifier.adopt(kick.writeEnd())) {
                kicker.signal();
                queue.awaitUsed(1);
            }
            queue.offer(1);
            frontend.client.setVringKick(0, queue.kickEnd());
            queue.awaitUsed(1);
        }
    }

    @Test
    void refusesToStartARingThatWasNotSetUp() throws Exception {
        frontend.negotiate();
        frontend.shareMemory();
        StepQueue queue = frontend.queue(0);
        assertThrows(BackendRefusal.class, () -> frontend.client.setVringKick(0, queue.kickEnd()));
        frontend.start(queue);
        queue.request(1);
        queue.awaitUsed(1);
    }

    @Test
    void refusesToChangeARunningRing() throws Exception {
        frontend.negotiate();
        frontend.startAll();
        assertThrows(BackendRefusal.class, () -> frontend.client.setVringNum(0, 2 * StepQueue.SIZE));
        assertThrows(BackendRefusal.class, () -> frontend.client.setVringBase(0, 1));
        var other = frontend.address(frontend.queue(1));
        assertThrows(
                BackendRefusal.class,
                () -> frontend.client.setVringAddr(
                        new VringAddress(0, 0, other.descriptors(), other.used(), other.available(), 0)));
        assertThrows(
                BackendRefusal.class, () -> frontend.client.setFeatures(frontend.features() & ~StepFrontend.EVENT_IDX));
        frontend.client.setVringAddr(frontend.address(frontend.queue(0)));
        frontend.queue(0).request(1);
        frontend.queue(0).awaitUsed(1);
    }

    @Test
    void survivesSpuriousKicks() throws Exception {
        frontend.negotiate();
        frontend.startAll();
        StepQueue queue = frontend.queue(0);
        for (int i = 0; i < 100; i++) {
            queue.kick();
        }
        queue.request(1);
        queue.awaitUsed(1);
        assertEquals(1, metrics(0).completions());
    }
}

package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.testkit.RngTestDevice.Completion;

@DisplayName("VIRTIO 1.4, 2.7.6 to 2.7.8: when used buffers are notified")
class NotificationRulesTest extends ServedDeviceTest {
    private static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final long AVAIL_BYTES = 4 + 2 * StepQueue.SIZE + 2;

    NotificationRulesTest() {
        super(1, Completion.AT_ONCE);
    }

    @Test
    @DisplayName("S6: without EVENT_IDX used_event means nothing and flag bit 0 decides")
    void obeysTheFlagWithoutEventIndex() throws Exception {
        StepQueue queue = start(StepFrontend.EVENT_IDX);
        setAvailable(usedEventOffset(), 1000);
        queue.request(1);
        assertTrue(queue.awaitCall(LONG_MILLIS));
        queue.pollUsed(1);

        setAvailable(0, 1);
        queue.request(1);
        queue.pollUsed(1);
        assertFalse(queue.awaitCall(SHORT_MILLIS));
    }

    @Test
    @DisplayName("S7: with EVENT_IDX the flag means nothing and used_event decides")
    void obeysTheIndexWithEventIndex() throws Exception {
        StepQueue queue = start(0);
        setAvailable(0, 1);
        setAvailable(usedEventOffset(), 2);
        queue.request(1);
        queue.pollUsed(1);
        queue.request(1);
        queue.pollUsed(1);
        assertFalse(queue.awaitCall(SHORT_MILLIS), "used index 2 does not pass used_event 2");
        queue.request(1);
        assertTrue(queue.awaitCall(LONG_MILLIS), "used index 3 passes it");
        setAvailable(usedEventOffset(), 9);
        queue.pollUsed(1);
        boolean _ = queue.awaitCall(SHORT_MILLIS); // a reminder, if that took long
        queue.request(1);
        queue.pollUsed(1);
        assertFalse(queue.awaitCall(SHORT_MILLIS));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("S10: the used flags are 0 with EVENT_IDX, and without when the device rests")
    void keepsTheUsedFlags(boolean eventIndex) throws Exception {
        StepQueue queue = start(eventIndex ? 0 : StepFrontend.EVENT_IDX);
        for (int i = 0; i < 20; i++) {
            queue.request(5);
            queue.awaitUsed(5);
        }
        frontend.client.setVringEnable(0, true);
        Waiting.until(() -> queue.ring.usedFlags() == 0, () -> "the device asks for kicks");
    }

    @Test
    @DisplayName("S11: notifications without new buffers do no harm")
    void bearsSpuriousNotifications() throws Exception {
        StepQueue queue = start(0);
        for (int i = 0; i < 50; i++) {
            queue.kick();
            queue.request(1);
            queue.kick();
            queue.awaitUsed(1);
        }
        assertEquals(50, metrics(0).chains());
    }

    private StepQueue start(long withoutFeatures) throws Exception {
        frontend.negotiateWithout(withoutFeatures);
        frontend.startAll();
        StepQueue queue = frontend.queue(0);
        assertTrue(queue.awaitCall(LONG_MILLIS), "the call descriptor is new");
        return queue;
    }

    private static long usedEventOffset() {
        return AVAIL_BYTES - 2;
    }

    private void setAvailable(long offset, int value) {
        MemorySegment available =
                frontend.memory.slice(frontend.queue(0).ring.addresses().available(), AVAIL_BYTES);
        available.set(LE16, offset, (short) value);
    }
}

package org.vhostdevice.core.virtqueue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.vhostdevice.core.testkit.PackedRing.DESC;
import static org.vhostdevice.core.testkit.PackedRing.DISABLE;
import static org.vhostdevice.core.testkit.PackedRing.ENABLE;
import static org.vhostdevice.core.testkit.PackedRing.place;

import java.util.Collections;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vhostdevice.core.testkit.PackedRing;
import org.vhostdevice.core.testkit.TestGuest;
import org.vhostdevice.core.testkit.TestRing;
import org.vhostdevice.core.testkit.TestRing.Layout;
import org.vhostdevice.core.testkit.TestRing.Piece;

@DisplayName("Event suppression of a packed virtqueue (VIRTIO 1.4, 2.8.10)")
class PackedEventsTest extends RingTestBase {
    private static final int SIZE = 7;

    private PackedRing ring(boolean eventIndex) {
        return new PackedRing(guest, SIZE, TestRing.features(eventIndex), 0, true);
    }

    private void add(PackedRing ring, int id, int descriptors) {
        Piece piece = new Piece(TestGuest.BORDER, 1, true);
        ring.add(id, Collections.nCopies(descriptors, piece), Layout.DIRECT);
    }

    @ParameterizedTest
    @CsvSource({"0, true", "1, false", "2, true", "3, true"})
    @DisplayName("2.8.10: without EVENT_IDX the flags decide; the two that are not defined then cannot silence a ring")
    void withoutEventIndexFlagsDecide(int flags, boolean notified) throws Exception {
        PackedRing ring = ring(false);
        PackedVirtqueue queue = ring.open();
        ring.driverEvent(flags, 0x1234);
        add(ring, 0, 1);
        take(queue).complete(0);
        assertEquals(notified, queue.publish());
    }

    @ParameterizedTest
    @CsvSource({"0, true", "1, false", "3, true"})
    void withEventIndexFlagsOtherThanDescDecideAlone(int flags, boolean notified) throws Exception {
        PackedRing ring = ring(true);
        PackedVirtqueue queue = ring.open();
        ring.driverEvent(flags, place(3, true));
        add(ring, 0, 1);
        take(queue).complete(0);
        assertEquals(notified, queue.publish());
    }

    @Test
    @DisplayName("2.8.10: an event triggers exactly when its descriptor is used in its turn, for all places")
    void eventTriggersWhenItsDescriptorIsUsed() throws Exception {
        for (int start = 0; start < 2 * SIZE; start++) {
            for (int length = 1; length <= SIZE; length++) {
                for (int event = 0; event < 2 * SIZE; event++) {
                    assertEvent(start, length, event);
                }
            }
        }
    }

    private void assertEvent(int start, int length, int event) throws Exception {
        guest.resetTo(TestGuest.START);
        PackedRing ring = new PackedRing(guest, SIZE, TestRing.features(true), start % SIZE, start < SIZE);
        PackedVirtqueue queue = ring.open();
        ring.driverEvent(DESC, place(event % SIZE, event < SIZE));
        add(ring, 0, length);
        take(queue).complete(0);
        int ahead = (event - start + 2 * SIZE) % (2 * SIZE);
        boolean passed = ahead < length;
        assertEquals(passed, queue.publish(), start + " + " + length + " passes " + event);
    }

    @Test
    void isUnheededUntilTheDriverAsksForAnotherEvent() throws Exception {
        PackedRing ring = ring(true);
        PackedVirtqueue queue = ring.open();
        ring.driverEvent(DESC, place(0, true));
        add(ring, 0, 1);
        take(queue).complete(0);
        assertTrue(queue.publish());
        assertTrue(queue.unheeded());
        add(ring, 1, 1);
        take(queue).complete(0);
        assertFalse(queue.publish());
        assertTrue(queue.unheeded(), "the driver has still not looked");
        ring.driverEvent(DESC, place(2, true));
        assertFalse(queue.unheeded(), "the driver has looked");
    }

    @Test
    void eventOutsideTheRingIsHarmless() throws Exception {
        PackedRing ring = ring(true);
        PackedVirtqueue queue = ring.open();
        for (int bits = 0; bits < 65_536; bits += 251) {
            ring.driverEvent(DESC, bits);
            add(ring, 0, 1);
            take(queue).complete(0);
            queue.publish();
            assertNotNull(ring.takeUsed());
        }
    }

    @Test
    @DisplayName("2.8.14: flags 0 or 1 without EVENT_IDX")
    void deviceAreaSaysWhetherNotificationsAreWanted() throws Exception {
        PackedRing ring = ring(false);
        PackedVirtqueue queue = ring.open();
        queue.disableNotifications();
        assertEquals(DISABLE, ring.deviceEventFlags());
        assertFalse(queue.enableNotifications(1));
        assertEquals(ENABLE, ring.deviceEventFlags());
    }

    @Test
    @DisplayName("2.8.14: with EVENT_IDX the place of the next chain, in every turn")
    void deviceAreaNamesTheNextDescriptor() throws Exception {
        PackedRing ring = ring(true);
        PackedVirtqueue queue = ring.open();
        for (int i = 0; i < 5 * SIZE; i++) {
            queue.disableNotifications();
            assertFalse(queue.enableNotifications(1));
            assertTrue(ring.wantsEventNow());
            add(ring, 0, 1);
            take(queue).complete(0);
            queue.publish();
            ring.takeUsed();
        }
    }
}

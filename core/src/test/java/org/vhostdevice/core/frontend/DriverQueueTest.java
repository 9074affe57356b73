package org.vhostdevice.core.frontend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.random.RandomGenerator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("VIRTIO 1.4, 2.7: the driver's side")
class DriverQueueTest extends AnyOrderDriverQueueContract {
    @Override
    DriverQueueOptions options(int size, boolean eventIdx, int indirectEntries) {
        return new DriverQueueOptions(size, eventIdx, indirectEntries);
    }

    @Override
    int baseAfter(int chains, int size) {
        return chains;
    }

    @Override
    int randomSize(RandomGenerator random) {
        return 1 << random.nextInt(1, 8);
    }

    private SplitRingDevice device(DriverQueue ring) {
        return (SplitRingDevice) device(ring, true);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 65_533})
    @DisplayName("2.7.10: with EVENT_IDX, a notification exactly when avail_event is passed")
    void kicksFollowAvailEvent(int start) throws Exception {
        DriverQueue ring = ring(8, true);
        SplitRingDevice device = device(ring);
        runTo(start, ring, device);
        device.setUsedFlags(1);
        int index = start;
        for (int added = 1; added <= 4; added++) {
            for (int event = -6; event < 6; event++) {
                device.setAvailEvent(index + event);
                for (int i = 0; i < added; i++) {
                    give(ring, readable(1));
                }
                assertEquals(event >= 0 && event < added, ring.publish(), added + " added, event at " + event);
                for (int i = 0; i < added; i++) {
                    device.serve(0);
                    assertTrue(ring.nextUsed());
                }
                index = index + added & 0xffff;
            }
        }
    }

    @Test
    @DisplayName("2.7.7: interrupts are asked for by used_event, and the flag stays 0")
    void armsByUsedEvent() throws Exception {
        DriverQueue ring = ring(8, true);
        SplitRingDevice device = device(ring);
        ring.disarm();
        assertEquals(0xffff, device.usedEvent());
        offerTwo(ring);
        device.serve(0);
        assertFalse(device.interruptWanted());
        assertTrue(ring.arm());
        assertTrue(ring.nextUsed());
        assertFalse(ring.arm());
        assertEquals(1, device.usedEvent());
        assertTrue(device.interruptsWanted());
        device.serve(0);
        assertTrue(device.interruptWanted());
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 100, 0xffff})
    void aUsedIndexAheadOfTheAvailableOneIsAViolation(int index) {
        DriverQueue ring = ring(8, false);
        SplitRingDevice device = device(ring);
        give(ring, readable(1));
        publish(ring);
        give(ring, readable(1));
        device.setUsedIndex(index);
        assertThrows(BackendViolation.class, ring::nextUsed);
        assertThrows(BackendViolation.class, ring::pending);
        assertThrows(BackendViolation.class, ring::resume);
    }

    @Test
    void theBaseLiesBetweenUsedAndAvailableIndex() throws Exception {
        DriverQueue ring = ring(8, false);
        RingDevice device = device(ring, false);
        runTo(3, ring, device);
        offerTwo(ring);
        ring.checkBase(3);
        ring.checkBase(5);
        for (int base : new int[] {2, 6, 0x1_0003, -1}) {
            assertThrows(BackendViolation.class, () -> ring.checkBase(base));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 65_536, -2})
    void ringSizesArePowersOfTwo(int size) {
        assertThrows(IllegalArgumentException.class, () -> new DriverQueueOptions(size, false, 0));
    }
}

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

@DisplayName("VIRTIO 1.4, 2.8: the driver's side")
class PackedDriverQueueTest extends AnyOrderDriverQueueContract {
    @Override
    DriverQueueOptions options(int size, boolean eventIdx, int indirectEntries) {
        return new DriverQueueOptions(size, eventIdx, indirectEntries, true, false);
    }

    @Override
    int baseAfter(int chains, int size) {
        int place = place(chains, size);
        return place << 16 | place;
    }

    private static int place(int chains, int size) {
        return PackedRingDevice.place(chains % size, chains / size % 2 == 0);
    }

    @Override
    int randomSize(RandomGenerator random) {
        return random.nextInt(2, 200);
    }

    private PackedRingDevice device(DriverQueue ring) {
        return (PackedRingDevice) device(ring, true);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 6, 7, 13})
    @DisplayName("2.8.10: with EVENT_IDX, a notification exactly when the device's place is passed, in either turn")
    void kicksFollowTheEventPlace(int start) throws Exception {
        int size = 7;
        DriverQueue ring = ring(size, true);
        PackedRingDevice device = device(ring);
        runTo(start, ring, device);
        int at = start;
        for (int added = 1; added <= 4; added++) {
            for (int event = -6; event < 8; event++) {
                device.setEvent(2, place(at + event + 2 * size, size));
                for (int i = 0; i < added; i++) {
                    give(ring, readable(1));
                }
                assertEquals(event >= 0 && event < added, ring.publish(), added + " added, event at " + event);
                for (int i = 0; i < added; i++) {
                    device.serve(0);
                    assertTrue(ring.nextUsed());
                }
                at += added;
            }
        }
    }

    @Test
    @DisplayName("2.8.10: flags are followed with EVENT_IDX too, and a place outside the ring asks for a kick")
    void kicksFollowTheFlagsWithEventIdxToo() throws Exception {
        DriverQueue ring = ring(8, true);
        PackedRingDevice device = device(ring);
        for (int flags = 0; flags < 4; flags++) {
            device.setEvent(flags, 0x7fff);
            give(ring, readable(1));
            assertEquals(flags != 1, ring.publish(), "flags " + flags);
            assertEquals(flags, ring.usedFlags());
        }
    }

    @Test
    @DisplayName("2.8.10: without EVENT_IDX, the place is not looked at")
    void noPlaceWithoutEventIdx() throws Exception {
        DriverQueue ring = ring(8, false);
        device(ring).setEvent(2, place(5, 8));
        give(ring, readable(1));
        assertTrue(ring.publish());
    }

    @Test
    @DisplayName("2.8.10: interrupts are asked for by place, and not at all between")
    void armsByPlace() throws Exception {
        DriverQueue ring = ring(5, true);
        PackedRingDevice device = device(ring);
        ring.disarm();
        assertEquals(1, device.driverEventFlags());
        for (int round = 0; round < 7; round++) {
            offerTwo(ring);
            device.serve(0);
            assertFalse(device.interruptWanted());
            assertTrue(ring.arm(), "a chain is there already");
            assertEquals(1, ring.pending());
            assertTrue(ring.arm(), "it is known, but was not taken");
            assertTrue(ring.nextUsed());
            assertFalse(ring.arm());
            assertEquals(place(2 * round + 1, 5), device.driverEventPlace());
            device.serve(0);
            assertTrue(device.interruptWanted());
            assertTrue(ring.nextUsed());
            ring.disarm();
        }
    }

    @Test
    @DisplayName("2.8.4: without WRITE, the length of a used descriptor means nothing")
    void aLengthWithoutTheWriteFlagIsNone() throws Exception {
        DriverQueue ring = ring(4, false);
        PackedRingDevice device = device(ring);
        give(ring, readable(1));
        publish(ring);
        int id = device.next().orElseThrow().head();
        device.descriptor(0).set(RingDevice.U32, 8, 77);
        device.descriptor(0).set(RingDevice.U16, 12, (short) id);
        device.descriptor(0).set(RingDevice.U16, 14, (short) 0x8080);
        assertTrue(ring.nextUsed());
        assertEquals(0, ring.usedLength());
    }

    @Test
    @DisplayName("2.8.1: nothing is used in a ring where nothing was made available")
    void aUsedDescriptorOutOfNothingIsAViolation() throws Exception {
        DriverQueue ring = ring(4, false);
        device(ring).use(0, 0);
        assertEquals(1, ring.pending());
        assertThrows(BackendViolation.class, ring::resume);
        assertThrows(BackendViolation.class, () -> ring.checkBase(baseAfter(0, 4)));
        assertThrows(BackendViolation.class, ring::nextUsed);
        assertFalse(ring.nextUsed());
    }

    @Test
    void aBufferReturnedTwiceBeforeItIsTakenIsAViolationEvenIfItIsOfferedAgain() throws Exception {
        DriverQueue ring = ring(4, false);
        RingDevice device = device(ring, false);
        int head = ring.prepare(readable(1), ChainLayout.DIRECT);
        ring.offer(head);
        publish(ring);
        device.serve(0);
        device.use(head, 0);
        assertEquals(2, ring.pending());
        assertTrue(ring.nextUsed());
        ring.offer(head);
        publish(ring);
        assertThrows(BackendViolation.class, ring::nextUsed);
    }

    @Test
    void theBaseLiesBetweenUsedAndAvailablePlaces() throws Exception {
        DriverQueue ring = ring(5, false);
        RingDevice device = device(ring, false);
        runTo(3, ring, device);
        offerTwo(ring);
        device.next();
        int used = place(3, 5);
        for (int taken = 3; taken <= 5; taken++) {
            ring.checkBase(used << 16 | place(taken, 5));
        }
        for (int taken : new int[] {2, 6, 8, 12}) {
            assertThrows(BackendViolation.class, () -> ring.checkBase(used << 16 | place(taken, 5)));
        }
        assertThrows(BackendViolation.class, () -> ring.checkBase(place(4, 5) << 16 | place(4, 5)));
        assertThrows(BackendViolation.class, () -> ring.checkBase(used << 16 | 0x8005));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 32_769, -2})
    void ringSizesAreAnyUpToALimit(int size) {
        assertThrows(IllegalArgumentException.class, () -> options(size, false, 0));
    }
}

package org.vhostdevice.core.virtqueue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("VIRTIO 1.4, 2.8.1: index and wrap counter")
class PackedPositionTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 8, 100})
    void stepsAroundTheRingFlipTheWrapCounterAtItsEnd(int size) {
        int index = 0;
        int wrap = 1;
        int position = PackedPosition.decode(1 << 15, size);
        for (int step = 0; step < 4 * size; step++) {
            assertEquals(index, PackedPosition.index(position, size));
            assertEquals(index | wrap << 15, PackedPosition.encode(position, size));
            assertEquals(position, PackedPosition.decode(index | wrap << 15, size));
            assertEquals(wrap == 1 ? 0x0080 : 0x8000, PackedPosition.availableFlags(position, size));
            assertEquals(wrap == 1 ? 0x8080 : 0, PackedPosition.usedFlags(position, size));
            position = PackedPosition.advance(position, 1, size);
            if (++index == size) {
                index = 0;
                wrap ^= 1;
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 8})
    void distanceUndoesAdvance(int size) {
        for (int from = 0; from < 2 * size; from++) {
            for (int count = 0; count < 2 * size; count++) {
                int to = PackedPosition.advance(from, count, size);
                assertTrue(to >= 0 && to < 2 * size);
                assertEquals(count, PackedPosition.distance(from, to, size));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 32_767, 32_768})
    void everyEncodedValueIsAPositionOrBeyondTheRing(int size) {
        for (int encoded = 0; encoded < 65_536; encoded++) {
            int position = PackedPosition.decode(encoded, size);
            if ((encoded & 0x7fff) < size) {
                assertEquals(encoded, PackedPosition.encode(position, size));
            } else {
                assertEquals(2 * size, position);
            }
        }
    }
}

package org.vhostdevice.core.frontend;

import java.util.random.RandomGenerator;
import org.junit.jupiter.api.DisplayName;

@DisplayName("VIRTIO 1.4, 2.8.8: the driver's side of a packed ring with IN_ORDER")
class InOrderPackedDriverQueueTest extends InOrderDriverQueueContract {
    @Override
    DriverQueueOptions options(int size, boolean eventIdx, int indirectEntries) {
        return new DriverQueueOptions(size, eventIdx, indirectEntries, true, true);
    }

    @Override
    int baseAfter(int chains, int size) {
        int place = PackedRingDevice.place(chains % size, chains / size % 2 == 0);
        return place << 16 | place;
    }

    @Override
    int randomSize(RandomGenerator random) {
        return random.nextInt(2, 200);
    }
}

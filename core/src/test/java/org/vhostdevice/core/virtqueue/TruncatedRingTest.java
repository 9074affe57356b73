package org.vhostdevice.core.virtqueue;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.vhostdevice.core.memory.GuestMemory;
import org.vhostdevice.core.memory.GuestMemoryException;
import org.vhostdevice.core.memory.GuestRegion;
import org.vhostdevice.core.sys.FileIo;
import org.vhostdevice.core.sys.MappedRegion;
import org.vhostdevice.core.sys.MemoryFaults;
import org.vhostdevice.core.sys.SharedMemory;

@DisplayName("A ring in truncated guest memory does not keep that memory")
class TruncatedRingTest {
    /// Enough for the code to be compiled: then faults come later than the access that failed.
    private static final int ROUNDS = 30_000;

    private static final int SIZE = 1 << 16;

    @ParameterizedTest
    @EnumSource(names = {"VERSION_1", "RING_PACKED"})
    void ringThatCannotBeginLetsGo(VirtioFeature feature) throws Exception {
        var features = new FeatureSet(VirtioFeature.VERSION_1.mask() | feature.mask());
        var setup = new RingSetup(16, features, 0, 0x1000, 0x2000);
        try (SharedMemory file = SharedMemory.create("lost", SIZE)) {
            MappedRegion region = MappedRegion.map(file.fd(), 0, SIZE, true);
            GuestMemory memory = GuestMemory.of(List.of(new GuestRegion(0, 0, region)));
            region.close();
            FileIo.truncate(file.fd().number(), 0);
            for (int i = 0; i < ROUNDS; i++) {
                open(setup, memory);
            }
            memory.release();
            assertThrows(IllegalStateException.class, region::retain, "unmapped");
        }
    }

    private static void open(RingSetup setup, GuestMemory memory) throws GuestMemoryException, IOException {
        try {
            Virtqueue queue = Virtqueue.open(setup, memory, 0);
            queue.close();
        } catch (InternalError e) {
            var _ = MemoryFaults.take();
        }
    }
}

package org.vhostdevice.core.frontend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.testkit.DeviceServerFixture;
import org.vhostdevice.core.testkit.RngTestDevice;
import org.vhostdevice.core.testkit.RngTestDevice.Completion;

@Timeout(60)
class SlotQueueTest {
    private static final int SLOTS = 6;
    private static final long LONG = Duration.ofSeconds(20).toNanos();

    @TempDir
    private Path directory;

    private RngTestDevice device;
    private DeviceServerFixture server;
    private Frontend frontend;

    @BeforeEach
    void serve() throws Exception {
        device = new RngTestDevice(1, Completion.AT_ONCE);
        server = new DeviceServerFixture(device, directory.resolve("s"));
        frontend = Frontend.attach(
                directory.resolve("s"),
                FrontendOptions.defaults().withQueues(new QueuePlan(1, 8, 2)).withTimeout(Duration.ofSeconds(1)));
    }

    @AfterEach
    void end() throws Exception {
        frontend.close();
        server.close();
    }

    @Test
    void slotsOfChangingLengthsComeBackAndGoOutAgain() throws Exception {
        var queue = new SlotQueue(frontend, 0, new SlotQueue.Plan(SLOTS, 100, 200));
        for (int round = 0; round < 50; round++) {
            int slot = queue.claim();
            queue.writable(slot).fill((byte) 0);
            queue.offer(slot, round % 3 * 50L, 1 + round % 4 * 40L);
            queue.submit();
            assertEquals(1, queue.offered());
            assertEquals(slot, queue.take(LONG));
            assertEquals(1 + round % 4 * 40, queue.usedLength());
            assertEquals(RngTestDevice.BYTE, queue.writable(slot).get(ValueLayout.JAVA_BYTE, 0));
            assertEquals(0, queue.writable(slot).get(ValueLayout.JAVA_BYTE, queue.usedLength()));
        }
    }

    @Test
    void allSlotsAreUsedAtTheSameTime() throws Exception {
        var queue = new SlotQueue(frontend, 0, new SlotQueue.Plan(SLOTS, 0, 64));
        queue.offerAll(64);
        assertEquals(SlotQueue.NONE, queue.idle());
        queue.awaitAll();
        assertEquals(0, queue.offered());
        assertEquals(SlotQueue.NONE, queue.take());
    }

    @Test
    void deviceThatKeepsSlotsIsWaitedForOnlySoLong() throws Exception {
        device.allow(0);
        var queue = new SlotQueue(frontend, 0, new SlotQueue.Plan(2, 0, 64));
        queue.offerAll(64);
        assertThrows(BackendTimeout.class, queue::claim);
        assertThrows(BackendTimeout.class, queue::awaitAll);
        device.allow(1);
        assertTrue(queue.claim() >= 0);
    }

    @Test
    void whatDoesNotFitIsRefused() {
        var queue = new SlotQueue(frontend, 0, new SlotQueue.Plan(9, 10, 20));
        assertThrows(IllegalArgumentException.class, () -> queue.offer(0, 11, 20));
        assertThrows(IllegalArgumentException.class, () -> queue.offer(0, 10, 21));
        assertThrows(IllegalArgumentException.class, () -> queue.offer(0, 0, 0));
        queue.offer(0, 1, 0);
        assertThrows(IllegalArgumentException.class, () -> queue.offer(0, 1, 0));
        for (int slot = 1; slot < 8; slot++) {
            queue.offer(slot, 1, 0);
        }
        assertThrows(IllegalArgumentException.class, () -> queue.offer(8, 1, 0));
        assertThrows(IllegalArgumentException.class, () -> new SlotQueue(frontend, 1, new SlotQueue.Plan(1, 1, 1)));
        assertThrows(IllegalArgumentException.class, () -> new SlotQueue.Plan(0, 1, 1));
    }
}

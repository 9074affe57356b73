package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.vhostdevice.core.protocol.Message.MemoryRegion;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.Poller;
import org.vhostdevice.core.sys.UnixSocket;
import org.vhostdevice.core.testkit.RngTestDevice.Completion;

@DisplayName("U5: a device whose rings are all stopped")
class SuspendedDeviceTest extends ServedDeviceTest {
    SuspendedDeviceTest() {
        super(2, Completion.BY_OTHER_THREAD);
    }

    @BeforeEach
    void start() throws Exception {
        frontend.negotiate();
    }

    @Test
    void writesNothingSignalsNothingAndAnswers() throws Exception {
        List<OwnedFd> channel = UnixSocket.pair();
        frontend.client.setBackendReqFd(channel.get(0));
        frontend.startAll();
        for (int round = 0; round < 20; round++) {
            for (StepQueue queue : frontend.queues()) {
                queue.request(4);
            }
            List<Integer> bases = new ArrayList<>();
            for (StepQueue queue : frontend.queues()) {
                bases.add(frontend.client.getVringBase(queue.index));
                while (queue.awaitCall(0)) {
                    // signalled before it stopped
                }
            }
            List<byte[]> before = content();
            for (StepQueue queue : frontend.queues()) {
                queue.kick();
            }
            askEverything();
            for (StepQueue queue : frontend.queues()) {
                assertFalse(queue.awaitCall(1));
                assertFalse(queue.awaitError(0));
            }
            assertEquals(0, UnixSocket.poll(channel.get(1).number(), Poller.READ, 0), "no message");
            assertSame(before, content());
            for (StepQueue queue : frontend.queues()) {
                frontend.client.setVringBase(queue.index, bases.get(queue.index));
                frontend.client.setVringKick(queue.index, queue.kickEnd());
                queue.awaitUsed(4);
            }
        }
        channel.forEach(OwnedFd::close);
    }

    private void askEverything() throws IOException {
        assertEquals(2, frontend.client.getQueueNum());
        long _ = frontend.client.getStatus();
        assertTrue(frontend.client.getFeatures() != 0);
        assertEquals(8, frontend.client.getConfig(0, 8).length());
        frontend.shareMemory();
        frontend.client.setVringEnable(0, true);
    }

    private List<byte[]> content() {
        List<byte[]> all = new ArrayList<>();
        for (MemoryRegion region : frontend.memory.regions()) {
            all.add(frontend.memory.slice(region.guestAddress(), region.size()).toArray(ValueLayout.JAVA_BYTE));
        }
        return all;
    }

    private static void assertSame(List<byte[]> before, List<byte[]> after) {
        for (int i = 0; i < before.size(); i++) {
            assertArrayEquals(before.get(i), after.get(i));
        }
    }
}

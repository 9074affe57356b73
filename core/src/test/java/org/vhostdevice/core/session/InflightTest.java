package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.frontend.BackendDisconnected;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.frontend.Chain;
import org.vhostdevice.core.frontend.ChainLayout;
import org.vhostdevice.core.frontend.DriverFeature;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.FrontendQueue;
import org.vhostdevice.core.frontend.InflightRegion;
import org.vhostdevice.core.frontend.QueuePlan;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.sys.Capability;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.FileIo;
import org.vhostdevice.core.sys.MappedRegion;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.SharedMemory;
import org.vhostdevice.core.testkit.CapturedLog;
import org.vhostdevice.core.testkit.RngTestDevice;
import org.vhostdevice.core.testkit.RngTestDevice.Completion;

@DisplayName("U10: requests in flight outlive the back end")
@Timeout(60)
class InflightTest {
    private static final int BUFFER = 64;
    private static final int COUNT = 5;
    private static final long LIMIT = TimeUnit.SECONDS.toNanos(20);

    @RegisterExtension
    final CapturedLog log = new CapturedLog();

    private final Map<Integer, MemorySegment> buffers = new HashMap<>();

    private static FrontendOptions options(boolean packed, ProtocolFeature... more) {
        FrontendOptions options = FrontendOptions.defaults()
                .with(more)
                .withQueues(new QueuePlan(1, 16, 8))
                .withTimeout(Duration.ofSeconds(20));
        return packed ? options.withFeatures(DriverFeature.RING_PACKED) : options;
    }

    private void request(Frontend frontend, int count) {
        FrontendQueue queue = frontend.queues().getFirst();
        for (int i = 0; i < count; i++) {
            long address = frontend.memory().allocate(BUFFER, BUFFER);
            var chain = new Chain();
            chain.writable(address, BUFFER / 2);
            chain.writable(address + BUFFER / 2, BUFFER / 2);
            int head = queue.ring().add(chain, i % 2 == 0 ? ChainLayout.DIRECT : ChainLayout.INDIRECT);
            assertTrue(head >= 0);
            buffers.put(head, frontend.memory().slice(address, BUFFER));
        }
        queue.submit();
    }

    private void awaitUsed(Frontend frontend, int count) throws IOException {
        FrontendQueue queue = frontend.queues().getFirst();
        byte[] expected = new byte[BUFFER];
        Arrays.fill(expected, RngTestDevice.BYTE);
        for (int i = 0; i < count; i++) {
            assertTrue(queue.awaitUsed(LIMIT), "request " + i + " of " + count);
            assertTrue(queue.ring().nextUsed());
            MemorySegment buffer = buffers.remove(queue.ring().usedHead());
            assertArrayEquals(expected, buffer.toArray(ValueLayout.JAVA_BYTE));
        }
        assertEquals(0, queue.ring().pending());
        assertEquals(0, queue.ring().outstanding());
    }

    private static void awaitTaken(ServerFixture server, int count) {
        QueueMetrics metrics = server.server().metrics().getFirst();
        Waiting.until(() -> metrics.chains() == count, () -> count + " requests are taken");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("bit 20: GET_VRING_BASE leaves requests in flight, and the next start serves them")
    void requestsLeftAreServedAfterTheNextStart(boolean packed) throws Exception {
        var device = new RngTestDevice(1, Completion.WHEN_RELEASED);
        try (ServerFixture server = ServerFixture.serve(device);
                Frontend frontend =
                        Frontend.attach(server.socket(), options(packed, ProtocolFeature.GET_VRING_BASE_INFLIGHT))) {
            request(frontend, COUNT);
            awaitTaken(server, COUNT);
            for (int round = 1; round < 4; round++) {
                frontend.stop();
                assertEquals(0, frontend.queues().getFirst().ring().pending());
                frontend.start();
                awaitTaken(server, (round + 1) * COUNT);
            }
            device.releaseHeld();
            awaitUsed(frontend, COUNT);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void requestsLeftAreServedByAnotherBackEnd(boolean packed) throws Exception {
        ServerFixture first = ServerFixture.serve(new RngTestDevice(1, Completion.WHEN_RELEASED));
        try (Frontend frontend =
                Frontend.attach(first.socket(), options(packed, ProtocolFeature.GET_VRING_BASE_INFLIGHT))) {
            request(frontend, COUNT);
            awaitTaken(first, COUNT);
            frontend.stop();
            request(frontend, 2); // which the next one finds in the ring
            try (ServerFixture _ = first.replacedBy(new RngTestDevice(1, Completion.AT_ONCE))) {
                frontend.reattach();
                awaitUsed(frontend, COUNT + 2);
                request(frontend, 3);
                awaitUsed(frontend, 3);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"false, WHEN_RELEASED", "true, WHEN_RELEASED", "false, BY_OTHER_THREAD", "true, AT_ONCE"})
    void frontEndThatReconnectsGoesOn(boolean packed, Completion completion) throws Exception {
        var device = new RngTestDevice(1, completion);
        try (ServerFixture server = ServerFixture.serve(device);
                Frontend frontend = Frontend.attach(server.socket(), options(packed))) {
            for (int round = 0; round < 5; round++) {
                request(frontend, COUNT);
                frontend.reattach();
                int taken = (round + 1) * COUNT;
                awaitTaken(server, taken);
                device.releaseHeld();
                awaitUsed(frontend, COUNT);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("bit 23: GET_VRING_BASE_SKIP_DRAIN leaves requests in flight, GET_VRING_BASE does not")
    void frontEndThatHasBothMessagesChooses(boolean packed) throws Exception {
        var device = new RngTestDevice(1, Completion.WHEN_RELEASED);
        FrontendOptions options =
                options(packed, ProtocolFeature.GET_VRING_BASE_INFLIGHT, ProtocolFeature.GET_VRING_BASE_SKIP_DRAIN);
        try (ServerFixture server = ServerFixture.serve(device);
                Frontend frontend = Frontend.attach(server.socket(), options)) {
            request(frontend, COUNT);
            awaitTaken(server, COUNT);
            int base = frontend.client().getVringBaseSkipDrain(0);
            frontend.queues().getFirst().ring().checkBase(base);
            assertEquals(0, frontend.queues().getFirst().ring().pending());
            frontend.start();
            awaitTaken(server, 2 * COUNT);
            frontend.stop();
            awaitUsed(frontend, COUNT);
            frontend.start();
            request(frontend, 1);
            awaitTaken(server, 2 * COUNT + 1);
            device.releaseHeld();
            awaitUsed(frontend, 1);
        }
    }

    @Test
    void deviceThatCannotGiveRequestsUpIsDrained() throws Exception {
        try (ServerFixture server = ServerFixture.serve(new RngTestDevice(1, Completion.BY_OTHER_THREAD));
                Frontend frontend =
                        Frontend.attach(server.socket(), options(false, ProtocolFeature.GET_VRING_BASE_INFLIGHT))) {
            request(frontend, COUNT);
            awaitTaken(server, COUNT);
            frontend.stop();
            awaitUsed(frontend, COUNT);
        }
    }

    @Test
    void nothingIsLeftWithoutMemoryToRecordItIn() throws Exception {
        try (ServerFixture server = ServerFixture.serve(new RngTestDevice(1, Completion.WHEN_RELEASED));
                StepFrontend frontend = StepFrontend.connect(server.socket())) {
            frontend.negotiateWith(ProtocolFeature.GET_VRING_BASE_INFLIGHT);
            frontend.startAll();
            frontend.queue(0).request(COUNT);
            awaitTaken(server, COUNT);
            assertEquals(COUNT, frontend.client.getVringBaseSkipDrain(0));
            frontend.queue(0).awaitUsed(COUNT);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("RESET_DEVICE forgets requests that were left in flight")
    void resetForgetsWhatWasLeft(boolean packed) throws Exception {
        var device = new RngTestDevice(1, Completion.WHEN_RELEASED);
        try (ServerFixture server = ServerFixture.serve(device);
                Frontend frontend =
                        Frontend.attach(server.socket(), options(packed, ProtocolFeature.GET_VRING_BASE_INFLIGHT))) {
            request(frontend, COUNT);
            awaitTaken(server, COUNT);
            frontend.stop();
            frontend.reset();
            buffers.clear();
            frontend.start();
            request(frontend, 1);
            awaitTaken(server, COUNT + 1);
            device.releaseHeld();
            awaitUsed(frontend, 1);
        }
    }

    @Test
    void resetMakesTheRecordUninitialised() throws Exception {
        try (ServerFixture server = ServerFixture.serve(new RngTestDevice(1, Completion.WHEN_RELEASED));
                SharedMemory memory = SharedMemory.create("inflight", 4096);
                StepFrontend frontend = server.negotiated()) {
            var region = new InflightRegion(new Message.Inflight(4096, 0, 1, StepQueue.SIZE), memory.fd());
            frontend.client.setInflightFd(region);
            frontend.startAll();
            frontend.queue(0).request(COUNT);
            awaitTaken(server, COUNT);
            frontend.client.getVringBaseSkipDrain(0);
            assertEquals(1, version(memory));
            frontend.client.setStatus(0);
            assertEquals(1, version(memory), "front ends set the status to 0 at every stop");
            frontend.client.resetDevice();
            assertEquals(0, version(memory));
        }
    }

    private static int version(SharedMemory memory) throws IOException {
        try (var mapped = MappedRegion.map(memory.fd(), 0, 4096, false)) {
            return mapped.segment().get(ValueLayout.JAVA_SHORT, 8);
        }
    }

    @Test
    void memoryIsAsLargeAsTheQueuesNeedAndCannotShrink() throws Exception {
        try (ServerFixture server = ServerFixture.serve(new RngTestDevice(3, Completion.AT_ONCE));
                StepFrontend frontend = server.negotiated();
                InflightRegion region = frontend.client.getInflightFd(2, 128)) {
            assertEquals(new Message.Inflight(2 * (128 * 16 + 64), 0, 2, 128), region.layout());
            assertEquals(
                    region.layout().mmapSize(), FileIo.status(region.file()).size());
            if (Capability.MEMFD.available() && Capability.SEALS.available()) {
                assertThrows(
                        ErrnoException.class,
                        () -> FileIo.truncate(region.file().number(), 0));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 16", "4, 16", "1, 0", "1, 1025"})
    void memoryForOtherQueuesIsRefused(int queues, int size) throws Exception {
        try (ServerFixture server = ServerFixture.serve(new RngTestDevice(3, Completion.AT_ONCE));
                SharedMemory memory = SharedMemory.create("inflight", 1 << 20)) {
            try (StepFrontend frontend = server.negotiated()) {
                assertThrows(IOException.class, () -> frontend.client.getInflightFd(queues, size));
            }
            try (StepFrontend frontend = server.negotiated()) {
                var region = new InflightRegion(new Message.Inflight(1 << 20, 0, queues, size), memory.fd());
                assertThrows(BackendRefusal.class, () -> frontend.client.setInflightFd(region));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "128, 0", "4096, 4", "4096, 4096", "-1, 0", "4096, -4096"})
    void memoryThatIsNotThereIsRefused(long size, long offset) throws Exception {
        try (ServerFixture server = ServerFixture.serve(new RngTestDevice(3, Completion.AT_ONCE));
                SharedMemory memory = SharedMemory.create("inflight", 4096);
                StepFrontend frontend = server.negotiated()) {
            var region = new InflightRegion(new Message.Inflight(size, offset, 3, 16), memory.fd());
            assertThrows(BackendRefusal.class, () -> frontend.client.setInflightFd(region));
        }
    }

    @Test
    void memoryIsNotExchangedUnderARing() throws Exception {
        try (ServerFixture server = ServerFixture.serve(new RngTestDevice(1, Completion.AT_ONCE));
                StepFrontend frontend = server.started();
                InflightRegion region = frontend.client.getInflightFd(1, StepQueue.SIZE)) {
            assertThrows(BackendRefusal.class, () -> frontend.client.setInflightFd(region));
            frontend.client.getVringBase(0);
            frontend.client.setInflightFd(region);
            frontend.client.setInflightFd(region);
            frontend.start(frontend.queue(0));
            frontend.queue(0).request(1);
            frontend.queue(0).awaitUsed(1);
        }
    }

    @Test
    void ringWithoutRoomInTheMemoryDoesNotStart() throws Exception {
        try (ServerFixture server = ServerFixture.serve(new RngTestDevice(2, Completion.AT_ONCE));
                StepFrontend frontend = server.negotiated();
                InflightRegion region = frontend.client.getInflightFd(1, StepQueue.SIZE)) {
            frontend.client.setInflightFd(region);
            frontend.shareMemory();
            frontend.start(frontend.queue(0));
            assertThrows(BackendRefusal.class, () -> frontend.start(frontend.queue(1)));
            frontend.client.getVringBase(0);
            frontend.client.setInflightFd(
                    new InflightRegion(new Message.Inflight(4096, 0, 2, StepQueue.SIZE / 2), memoryOf(4096)));
            assertThrows(BackendRefusal.class, () -> frontend.start(frontend.queue(0)));
        }
    }

    private static OwnedFd memoryOf(long bytes) throws IOException {
        try (SharedMemory memory = SharedMemory.create("inflight", bytes)) {
            return memory.fd().duplicate();
        }
    }

    @Test
    void bitsThatNeedTheMemoryAreRefusedWithoutIt() throws Exception {
        try (ServerFixture server = ServerFixture.serve(new RngTestDevice(1, Completion.AT_ONCE))) {
            long[] wrong = {
                ProtocolFeature.bits(ProtocolFeature.REPLY_ACK, ProtocolFeature.GET_VRING_BASE_INFLIGHT),
                ProtocolFeature.bits(
                        ProtocolFeature.REPLY_ACK,
                        ProtocolFeature.INFLIGHT_SHMFD,
                        ProtocolFeature.GET_VRING_BASE_SKIP_DRAIN)
            };
            for (long bits : wrong) {
                try (StepFrontend frontend = StepFrontend.connect(server.socket())) {
                    frontend.client.setProtocolFeatures(bits);
                    assertThrows(BackendDisconnected.class, frontend.client::getFeatures);
                }
            }
            try (StepFrontend frontend = StepFrontend.connect(server.socket());
                    InflightRegion region = new InflightRegion(new Message.Inflight(4096, 0, 1, 16), memoryOf(4096))) {
                frontend.client.setProtocolFeatures(ProtocolFeature.REPLY_ACK.mask());
                assertThrows(BackendRefusal.class, () -> frontend.client.setInflightFd(region));
            }
        }
    }
}

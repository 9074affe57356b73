package org.vhostdevice.core.frontend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.session.DeviceServer;
import org.vhostdevice.core.session.ServerOptions;
import org.vhostdevice.core.sys.Notification;
import org.vhostdevice.core.testkit.Background;
import org.vhostdevice.core.testkit.RngTestDevice;
import org.vhostdevice.core.testkit.RngTestDevice.Completion;
import org.vhostdevice.core.testkit.Seeded;
import org.vhostdevice.core.transport.Endpoint;
import org.vhostdevice.core.transport.VhostUserListener;

/// The front end and the server of this program, which share no code above the socket, against each other.
@Timeout(60)
@ExtendWith(Seeded.class)
class DeviceServerEndToEndTest {
    private static final long LONG = TimeUnit.SECONDS.toNanos(20);
    private static final int BUFFER = 8192;

    @TempDir
    private Path directory;

    private Path socket;
    private RngTestDevice device;

    @BeforeEach
    void chooseSocket() {
        socket = directory.resolve("s");
    }

    @AfterEach
    void closeDevice() {
        device.close();
    }

    private final class Server implements AutoCloseable {
        private final VhostUserListener listener;
        private final DeviceServer server;
        private final CompletableFuture<?> ended;

        Server(int queues, Completion completion) throws Exception {
            device = new RngTestDevice(queues, completion);
            listener = VhostUserListener.open(Endpoint.Listen.of(socket, null, null));
            server = new DeviceServer(listener, device, ServerOptions.DEFAULT);
            ended = Background.run(server::run);
        }

        @Override
        public void close() throws IOException {
            server.stop();
            ended.join();
            listener.close();
        }
    }

    private static FrontendOptions options(int queues) {
        return FrontendOptions.defaults()
                .withQueues(new QueuePlan(queues, 64, 32))
                .withMemory(List.of(new RegionPlan(0x1_0000, 0x10_0000, 0x2_0000), new RegionPlan(1L << 33, 0x10_0000)))
                .withTimeout(Duration.ofSeconds(20));
    }

    private static FrontendOptions randomOptions(RandomGenerator random) {
        FrontendOptions options = options(random.nextInt(1, 4));
        if (random.nextBoolean()) {
            options = options.withNotifications(Notification.Kind.PIPE);
        }
        if (random.nextBoolean()) {
            options = options.without(ProtocolFeature.CONFIGURE_MEM_SLOTS);
        }
        if (random.nextBoolean()) {
            options = options.without(ProtocolFeature.REPLY_ACK, ProtocolFeature.STATUS);
        }
        if (random.nextBoolean()) {
            options = options.with(ProtocolFeature.GPA_ADDRESSES);
        }
        if (random.nextBoolean()) {
            options = options.withFeatures(DriverFeature.RING_PACKED);
        }
        if (random.nextBoolean()) {
            options = options.withFeatures(DriverFeature.IN_ORDER);
        }
        if (random.nextInt(3) == 0) {
            options = options.with(ProtocolFeature.INBAND_NOTIFICATIONS);
        }
        return random.nextBoolean() ? options : options.withoutFeatures(DriverFeature.EVENT_IDX);
    }

    @RepeatedTest(10)
    void chainsOfAnyLayoutAreFilledInEveryMode(RandomGenerator random) throws Exception {
        Completion completion = random.nextBoolean() ? Completion.AT_ONCE : Completion.BY_OTHER_THREAD;
        try (Server _ = new Server(3, completion);
                Frontend frontend = Frontend.attach(socket, randomOptions(random))) {
            for (FrontendQueue queue : frontend.queues()) {
                long address = frontend.memory().allocate(BUFFER, 1);
                MemorySegment buffer = frontend.memory().slice(address, BUFFER);
                for (int i = 0; i < 300; i++) {
                    requestBytes(random, queue, address, buffer);
                }
            }
        }
    }

    /// One chain whose writable pieces lie next to each other; exactly they must be filled.
    private static void requestBytes(RandomGenerator random, FrontendQueue queue, long address, MemorySegment buffer)
            throws Exception {
        var chain = new Chain();
        for (int i = random.nextInt(3); i > 0; i--) {
            chain.readable(address, random.nextInt(1, 100));
        }
        int first = random.nextInt(100);
        int end = first;
        for (int i = random.nextInt(1, 10); i > 0; i--) {
            int length = random.nextInt(1, 600);
            chain.writable(address + end, length);
            end += length;
        }
        buffer.fill((byte) 0);
        assertTrue(queue.ring().add(chain, new ChainLayout(random.nextInt(12), random.nextBoolean())) >= 0);
        queue.submit();
        assertTrue(queue.awaitUsed(LONG));
        assertTrue(queue.ring().nextUsed());
        assertEquals(end - first, queue.ring().usedLength());
        byte[] expected = new byte[BUFFER];
        Arrays.fill(expected, first, end, RngTestDevice.BYTE);
        assertArrayEquals(expected, buffer.toArray(ValueLayout.JAVA_BYTE));
    }

    @RepeatedTest(5)
    void aRingFullOfChainsComesBackWhileItIsStoppedRestartedAndReset(RandomGenerator random) throws Exception {
        try (Server _ = new Server(1, Completion.BY_OTHER_THREAD);
                Frontend frontend =
                        Frontend.attach(socket, randomOptions(random).withQueues(new QueuePlan(1, 64, 32)))) {
            FrontendQueue queue = frontend.queues().get(0);
            long address = frontend.memory().allocate(64, 1);
            for (int round = 0; round < 20; round++) {
                int given = offerAll(queue, address);
                frontend.restart();
                takeAll(queue, given);
            }
            if (frontend.negotiated().has(ProtocolFeature.RESET_DEVICE)) {
                frontend.stop();
                frontend.reset();
                frontend.start();
                takeAll(queue, offerAll(queue, address));
            }
        }
    }

    private static int offerAll(FrontendQueue queue, long address) {
        var chain = new Chain();
        chain.writable(address, 64);
        int given = 0;
        while (queue.ring().add(chain, ChainLayout.DIRECT) != DriverQueue.NONE) {
            given++;
        }
        queue.submit();
        return given;
    }

    private static void takeAll(FrontendQueue queue, int given) throws Exception {
        for (int i = 0; i < given; i++) {
            assertTrue(queue.awaitUsed(LONG));
            assertTrue(queue.ring().nextUsed());
            assertEquals(64, queue.ring().usedLength());
        }
        assertEquals(0, queue.ring().outstanding());
    }

    @ParameterizedTest
    @ValueSource(longs = {0, DriverFeature.RING_PACKED, DriverFeature.IN_ORDER})
    void chainsThatOneServerDidNotUseAreServedByTheNext(long features) throws Exception {
        Server first = new Server(1, Completion.AT_ONCE);
        try (Frontend frontend = Frontend.attach(socket, options(1).withFeatures(features))) {
            FrontendQueue queue = frontend.queues().get(0);
            device.allow(10);
            int given = offerAll(queue, frontend.memory().allocate(64, 1));
            for (int i = 0; i < 10; i++) {
                assertTrue(queue.awaitUsed(LONG));
                assertTrue(queue.ring().nextUsed());
            }
            first.close();
            device.close();
            assertThrows(BackendDisconnected.class, () -> queue.awaitUsed(LONG));
            try (Server _ = new Server(1, Completion.BY_OTHER_THREAD)) {
                frontend.reattach();
                takeAll(queue, given - 10);
            }
        }
    }

    @Test
    void aPackedRingMayHaveAnySize() throws Exception {
        FrontendOptions options =
                options(1).withFeatures(DriverFeature.RING_PACKED).withQueues(new QueuePlan(1, 21, 4));
        try (Server _ = new Server(1, Completion.BY_OTHER_THREAD);
                Frontend frontend = Frontend.attach(socket, options)) {
            FrontendQueue queue = frontend.queues().get(0);
            long address = frontend.memory().allocate(64, 1);
            for (int i = 0; i < 5; i++) {
                assertEquals(21, offerAll(queue, address));
                frontend.restart();
                takeAll(queue, 21);
            }
        }
        FrontendOptions split = options.withoutFeatures(DriverFeature.RING_PACKED);
        try (Server _ = new Server(1, Completion.AT_ONCE)) {
            assertThrows(BackendRefusal.class, () -> Frontend.attach(socket, split));
        }
    }

    @Test
    void theConfigurationIsReadAtAnyOffset() throws Exception {
        try (Server _ = new Server(1, Completion.AT_ONCE);
                Frontend frontend = Frontend.connect(socket, options(1), BackendRequestHandler.PLAIN)) {
            assertArrayEquals(new byte[] {3, 4, 5}, frontend.config(2, 3));
        }
    }

    @Test
    void theServerIsFreeForTheNextFrontEnd() throws Exception {
        try (Server _ = new Server(2, Completion.AT_ONCE)) {
            for (int i = 0; i < 20; i++) {
                try (Frontend frontend = Frontend.attach(socket, options(0))) {
                    assertEquals(2, frontend.queues().size());
                    FrontendQueue queue = frontend.queues().get(i % 2);
                    takeAll(queue, offerAll(queue, frontend.memory().allocate(64, 1)));
                }
            }
        }
    }
}

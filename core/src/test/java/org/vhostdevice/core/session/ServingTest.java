package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.vhostdevice.core.device.DeviceProvider;
import org.vhostdevice.core.frontend.Chain;
import org.vhostdevice.core.frontend.ChainLayout;
import org.vhostdevice.core.frontend.DriverQueue;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.FrontendQueue;
import org.vhostdevice.core.frontend.QueuePlan;
import org.vhostdevice.core.frontend.RegionPlan;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.sys.Notification;
import org.vhostdevice.core.testkit.RngTestDevice;
import org.vhostdevice.core.testkit.RngTestDevice.Completion;
import org.vhostdevice.core.virtqueue.VirtioFeature;

@DisplayName("Serving requests, one front end after another")
class ServingTest {
    private static final long LIMIT_NANOS = 10_000_000_000L;

    @Test
    void servesADeviceThatIsKnownAsAServiceOnly() throws Exception {
        DeviceProvider provider = ServiceLoader.load(DeviceProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(candidate -> candidate.name().equals("rng-test"))
                .findAny()
                .orElseThrow();
        try (ServerFixture server = ServerFixture.serve(provider.arguments().open());
                StepFrontend frontend = server.started()) {
            frontend.queue(0).request(3);
            frontend.queue(0).awaitUsed(3);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Completion.class,
            names = {"AT_ONCE", "BY_OTHER_THREAD"})
    void servesManyRequestsOnManyQueues(Completion completion) throws Exception {
        try (ServerFixture server = ServerFixture.serve(new RngTestDevice(4, completion));
                StepFrontend frontend = server.started()) {
            for (int round = 0; round < 200; round++) {
                frontend.queues().forEach(queue -> queue.request(StepQueue.SIZE));
                for (StepQueue queue : frontend.queues()) {
                    queue.awaitUsed(StepQueue.SIZE);
                }
            }
            for (QueueMetrics metrics : server.server().metrics()) {
                assertEquals(200L * StepQueue.SIZE, metrics.chains());
                // counted after the driver has seen the last one
                Waiting.until(() -> metrics.completions() == 200L * StepQueue.SIZE, () -> "all are counted");
                assertEquals(0, metrics.broken());
                assertTrue(metrics.notifications() > 0 && metrics.kicks() > 0);
            }
        }
    }

    @Test
    void takesChainsOnlyWhileTheDeviceIsReady() throws Exception {
        var device = new RngTestDevice(1, Completion.AT_ONCE);
        try (ServerFixture server = ServerFixture.serve(device);
                StepFrontend frontend = server.negotiated()) {
            device.allow(2);
            frontend.startAll();
            StepQueue queue = frontend.queue(0);
            queue.request(5);
            queue.awaitUsed(2);
            queue.kick();
            frontend.client.setVringEnable(0, true);
            assertEquals(2, server.server().metrics().get(0).chains());
            device.allow(1);
            queue.awaitUsed(1);
            device.allow(2);
            queue.awaitUsed(2);
        }
    }

    @ParameterizedTest
    @MethodSource("frontEnds")
    void servesFrontEndsOfManyHabits(FrontendOptions options) throws Exception {
        try (ServerFixture server = ServerFixture.serve(new RngTestDevice(2, Completion.AT_ONCE));
                Frontend frontend = Frontend.attach(server.socket(), options)) {
            exchange(frontend, 500);
            frontend.restart();
            exchange(frontend, 50);
            frontend.reattach();
            exchange(frontend, 50);
            frontend.stop();
        }
    }

    static Stream<FrontendOptions> frontEnds() {
        FrontendOptions usual = FrontendOptions.defaults();
        var regions = List.of(new RegionPlan(1L << 20, 1 << 20, 1 << 16), new RegionPlan(1L << 40, 1 << 20));
        return Stream.of(
                usual,
                usual.withQueues(new QueuePlan(2, 8, 4)),
                usual.withNotifications(Notification.Kind.PIPE),
                usual.withoutFeatures(VirtioFeature.EVENT_IDX.mask()),
                usual.withoutFeatures(VirtioFeature.PROTOCOL_FEATURES.mask()),
                usual.without(ProtocolFeature.CONFIGURE_MEM_SLOTS).withMemory(regions),
                usual.without(ProtocolFeature.REPLY_ACK, ProtocolFeature.BACKEND_REQ),
                usual.without(ProtocolFeature.STATUS));
    }

    @Test
    void allocatesNothingPerRequest() throws Exception {
        int size = 1024;
        FrontendOptions options = FrontendOptions.defaults().withQueues(new QueuePlan(1, size, 1));
        try (ServerFixture server = ServerFixture.serve(new RngTestDevice(1, Completion.AT_ONCE));
                Frontend frontend = Frontend.attach(server.socket(), options)) {
            long before = 0;
            for (int round = 0; round < 200; round++) {
                if (round == 100) {
                    before = allocatedByWorker();
                }
                exchange(frontend, size);
            }
            double perRequest = (allocatedByWorker() - before) / (100.0 * size);
            // What the host's notifications cost, shared by many requests.
            assertTrue(perRequest < 8, () -> perRequest + " bytes per request");
        }
    }

    /// Has so many requests served on each queue, as many at a time as the ring holds.
    private static void exchange(Frontend frontend, int requests) throws IOException {
        for (FrontendQueue queue : frontend.queues()) {
            var chain = new Chain();
            chain.writable(frontend.memory().allocate(1, 1), 1);
            int offered = 0;
            for (int used = 0; used < requests; used++) {
                while (offered < requests && queue.ring().add(chain, ChainLayout.DIRECT) != DriverQueue.NONE) {
                    offered++;
                }
                queue.submit();
                assertTrue(queue.awaitUsed(LIMIT_NANOS));
                assertTrue(queue.ring().nextUsed());
                assertEquals(1, queue.ring().usedLength());
            }
        }
    }

    private static long allocatedByWorker() {
        long worker = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("vhost-rng-q0"))
                .mapToLong(Thread::threadId)
                .max()
                .orElseThrow();
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        return threads.getThreadAllocatedBytes(worker);
    }
}

package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ServiceLoader;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.vhostdevice.core.device.DeviceProvider;
import org.vhostdevice.core.testkit.RngTestDevice;
import org.vhostdevice.core.testkit.RngTestDevice.Completion;

@DisplayName("Serving requests, one front end after another")
class ServingTest {
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
                assertEquals(200L * StepQueue.SIZE, metrics.completions());
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
}

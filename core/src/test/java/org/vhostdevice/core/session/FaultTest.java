package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.vhostdevice.core.frontend.BackendDisconnected;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.frontend.BackendRequestChannel;
import org.vhostdevice.core.protocol.BackendRequest;
import org.vhostdevice.core.testkit.CapturedLog;
import org.vhostdevice.core.testkit.RngTestDevice;
import org.vhostdevice.core.testkit.RngTestDevice.Completion;

@DisplayName("Faults cost what is at fault and nothing else")
class FaultTest {
    private static final long LONG_MILLIS = 10_000;
    private static final int NEEDS_RESET = 0x40;
    private static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);

    @RegisterExtension
    final CapturedLog log = new CapturedLog();

    @Test
    @DisplayName("A malformed ring stops alone, is reported, and asks for a reset (G17)")
    void stopsAMalformedRing() throws Exception {
        var told = new CompletableFuture<BackendRequest>();
        try (ServerFixture server = ServerFixture.serve(new RngTestDevice(2, Completion.AT_ONCE));
                StepFrontend frontend = server.started();
                var channel = BackendRequestChannel.create(
                        (request, _) -> {
                            told.complete(request);
                            return 0;
                        },
                        Duration.ofSeconds(10))) {
            frontend.client.setBackendReqFd(channel.backendEnd());
            StepQueue queue = frontend.queue(0);
            breakRing(frontend, queue);
            assertTrue(queue.awaitError(LONG_MILLIS));
            Waiting.until(() -> server.server().metrics().get(0).broken() == 1, () -> "the broken ring is counted");
            channel.serve();
            assertEquals(BackendRequest.CONFIG_CHANGE_MSG, told.join());
            assertEquals(1, log.count("queue 0 is malformed"));
            assertEquals(NEEDS_RESET, frontend.client.getStatus() & NEEDS_RESET);

            frontend.queue(1).request(3);
            frontend.queue(1).awaitUsed(3);
            assertEquals(0, frontend.client.getVringBase(0));

            frontend.client.setStatus(0);
            assertEquals(0, frontend.client.getStatus());
            queue.ring.reset();
            frontend.client.setFeatures(frontend.features());
            frontend.start(queue);
            queue.request(1);
            queue.awaitUsed(1);
        }
    }

    @ParameterizedTest
    @EnumSource(value = FaultyDevice.Fault.class, mode = EnumSource.Mode.EXCLUDE, names = "START_IO")
    @DisplayName("What a device throws ends the connection; the next front end is served")
    void endsTheConnectionWhenTheDeviceThrows(FaultyDevice.Fault fault) throws Exception {
        var device = new FaultyDevice(fault);
        try (ServerFixture server = ServerFixture.serve(device)) {
            try (StepFrontend frontend = server.negotiated()) {
                assertThrows(BackendDisconnected.class, () -> {
                    frontend.startAll();
                    frontend.queue(0).request(3);
                    if (fault == FaultyDevice.Fault.QUIESCE || fault == FaultyDevice.Fault.CLOSE) {
                        frontend.client.getVringBase(0);
                    }
                    frontend.client.receiveRaw(Duration.ofSeconds(10));
                });
            }
            device.heal();
            try (StepFrontend frontend = server.started()) {
                frontend.queue(0).request(3);
                frontend.queue(0).awaitUsed(3);
            }
        }
    }

    @Test
    void refusesToStartAQueueThatTheHostCannotServe() throws Exception {
        var device = new FaultyDevice(FaultyDevice.Fault.START_IO);
        try (ServerFixture server = ServerFixture.serve(device);
                StepFrontend frontend = server.negotiated()) {
            assertThrows(BackendRefusal.class, frontend::startAll);
            assertTrue(frontend.queue(0).awaitError(LONG_MILLIS));
            assertEquals(0, frontend.client.getVringBase(0));
            device.heal();
            frontend.start(frontend.queue(0));
            frontend.queue(0).request(1);
            frontend.queue(0).awaitUsed(1);
        }
    }

    private static void breakRing(StepFrontend frontend, StepQueue queue) {
        MemorySegment available = frontend.memory.slice(queue.ring.addresses().available(), 4);
        available.set(LE16, 2, (short) (StepQueue.SIZE + 1));
        queue.kick();
    }
}

package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.vhostdevice.core.frontend.BackendDisconnected;
import org.vhostdevice.core.frontend.VhostUserClient;
import org.vhostdevice.core.protocol.Bytes;
import org.vhostdevice.core.protocol.FrontendRequest;
import org.vhostdevice.core.protocol.MessageHeader;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.Poller;
import org.vhostdevice.core.sys.UnixSocket;
import org.vhostdevice.core.testkit.Background;
import org.vhostdevice.core.testkit.CapturedLog;
import org.vhostdevice.core.testkit.RngTestDevice;
import org.vhostdevice.core.testkit.RngTestDevice.Completion;
import org.vhostdevice.core.transport.Endpoint;
import org.vhostdevice.core.transport.VhostUserListener;

@DisplayName("Stopping: the ring by GET_VRING_BASE, the server by stop()")
class StopTest {
    @RegisterExtension
    final CapturedLog log = new CapturedLog();

    @TempDir
    private Path directory;

    @ParameterizedTest
    @EnumSource(Completion.class)
    void completesRequestsInFlightBeforeTheRingStops(Completion completion) throws Exception {
        var device = new RngTestDevice(1, completion);
        try (ServerFixture server = ServerFixture.serve(device);
                StepFrontend frontend = server.started()) {
            QueueMetrics metrics = server.server().metrics().get(0);
            StepQueue queue = frontend.queue(0);
            for (int round = 0; round < 50; round++) {
                int before = (int) queue.ring.offered() & 0xffff;
                queue.request(8);
                int taken = frontend.client.getVringBase(0) - before;
                assertTrue(taken >= 0 && taken <= 8, "the base is within what was offered");
                assertEquals(taken, queue.ring.pending(), "what was taken is used");
                frontend.start(queue);
                Waiting.until(() -> metrics.chains() == queue.ring.offered(), () -> "the rest is taken");
                device.releaseHeld();
                queue.awaitUsed(8);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Completion.class)
    void completesRequestsInFlightBeforeTheServerEnds(Completion completion) throws Exception {
        var device = new RngTestDevice(2, completion);
        try (ServerFixture server = ServerFixture.serve(device);
                StepFrontend frontend = server.started()) {
            frontend.queues().forEach(queue -> queue.request(8));
            server.stop();
            for (StepQueue queue : frontend.queues()) {
                QueueMetrics metrics = server.server().metrics().get(queue.index);
                assertEquals(metrics.chains(), metrics.completions());
                assertEquals(metrics.chains(), queue.ring.pending());
            }
            assertEquals(2, device.closes());
            assertThrows(BackendDisconnected.class, () -> frontend.client.getFeatures());
        }
    }

    @Test
    void endsWithoutFrontEnd() throws Exception {
        ServerFixture server = ServerFixture.serve(new RngTestDevice(1, Completion.AT_ONCE));
        server.close();
    }

    @Test
    void endsWhenStoppedBeforeItRan() throws Exception {
        try (var device = new RngTestDevice(1, Completion.AT_ONCE);
                var listener = VhostUserListener.open(Endpoint.Listen.of(directory.resolve("socket"), null, null))) {
            var server = new DeviceServer(listener, device, ServerOptions.DEFAULT);
            server.stop();
            server.run();
            assertEquals(0, device.closes());
        }
    }

    @Test
    void endsInTheMiddleOfAMessage() throws Exception {
        try (ServerFixture server = ServerFixture.serve(new RngTestDevice(1, Completion.AT_ONCE));
                StepFrontend frontend = server.started()) {
            frontend.client.sendRaw(List.of(Bytes.zeroes(3)), List.of());
            server.stop();
        }
    }

    @Test
    void endsWhileTheFrontEndDoesNotReadItsReplies() throws Exception {
        try (ServerFixture server = ServerFixture.serve(new RngTestDevice(1, Completion.AT_ONCE));
                OwnedFd socket = UnixSocket.connect(server.socket());
                Arena arena = Arena.ofConfined()) {
            MemorySegment question = arena.allocate(MessageHeader.BYTES, 8);
            MessageHeader.request(FrontendRequest.GET_FEATURES.id(), 0, false).write(question);
            while (UnixSocket.poll(socket.number(), Poller.WRITE, 200) != 0) {
                UnixSocket.trySend(socket.number(), question, List.of());
            }
            server.stop();
        }
    }

    @Test
    void servesAnInheritedConnectionOnce() throws Exception {
        List<OwnedFd> pair = UnixSocket.pair();
        try (var device = new RngTestDevice(1, Completion.AT_ONCE);
                var listener = VhostUserListener.open(
                        new Endpoint.Inherited(pair.get(1).release()))) {
            var server = new DeviceServer(listener, device, ServerOptions.DEFAULT);
            var served = Background.run(server::run);
            try (var client = VhostUserClient.adopt(pair.get(0), Duration.ofSeconds(10))) {
                assertTrue(client.getFeatures() != 0);
            }
            served.join();
        }
    }
}

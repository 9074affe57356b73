package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.vhostdevice.core.frontend.BackendRequestChannel;
import org.vhostdevice.core.frontend.BackendRequestHandler;
import org.vhostdevice.core.protocol.Bytes;
import org.vhostdevice.core.protocol.Message.MemoryRegion;
import org.vhostdevice.core.testkit.CapturedLog;
import org.vhostdevice.core.testkit.RngTestDevice;
import org.vhostdevice.core.testkit.RngTestDevice.Completion;

@DisplayName("A front end may go at any time; the next one is served and nothing is left behind")
class DisconnectTest {
    private static final int DRIVER_OK = 0x0f;

    @RegisterExtension
    final CapturedLog log = new CapturedLog();

    private static RngTestDevice device;
    private static ServerFixture server;
    private static ProcessResources idle;

    /// One message of the start, in QEMU's order.
    private record Step(String name, Action action) {
        interface Action {
            void take(StepFrontend frontend) throws IOException;
        }
    }

    private static final List<Step> STEPS = List.of(
            new Step("connect", _ -> {}),
            new Step("GET_FEATURES", frontend -> frontend.client.getFeatures()),
            new Step("GET_PROTOCOL_FEATURES", frontend -> frontend.client.getProtocolFeatures()),
            new Step("negotiation and SET_OWNER", StepFrontend::negotiate),
            new Step("GET_QUEUE_NUM", frontend -> frontend.client.getQueueNum()),
            new Step("GET_MAX_MEM_SLOTS", frontend -> frontend.client.getMaxMemSlots()),
            new Step("SET_BACKEND_REQ_FD", DisconnectTest::passChannel),
            new Step("GET_CONFIG", frontend -> frontend.client.getConfig(0, 8)),
            new Step("RESET_DEVICE", frontend -> frontend.client.resetDevice()),
            new Step("SET_FEATURES", frontend -> frontend.client.setFeatures(frontend.features())),
            new Step("SET_STATUS FEATURES_OK", frontend -> frontend.client.setStatus(8)),
            new Step("ADD_MEM_REG", frontend -> addRegion(frontend, 0)),
            new Step("second ADD_MEM_REG", frontend -> addRegion(frontend, 1)),
            new Step("SET_VRING_NUM", frontend -> frontend.client.setVringNum(0, StepQueue.SIZE)),
            new Step("SET_VRING_BASE", frontend -> frontend.client.setVringBase(0, 0)),
            new Step("SET_VRING_ADDR", frontend -> frontend.client.setVringAddr(frontend.address(frontend.queue(0)))),
            new Step(
                    "SET_VRING_CALL",
                    frontend ->
                            frontend.client.setVringCall(0, frontend.queue(0).callEnd())),
            new Step(
                    "SET_VRING_ERR",
                    frontend -> frontend.client.setVringErr(0, frontend.queue(0).errorEnd())),
            new Step(
                    "SET_VRING_KICK",
                    frontend ->
                            frontend.client.setVringKick(0, frontend.queue(0).kickEnd())),
            new Step("SET_VRING_ENABLE", frontend -> frontend.client.setVringEnable(0, true)),
            new Step("SET_STATUS DRIVER_OK", frontend -> frontend.client.setStatus(DRIVER_OK)),
            new Step("requests in flight", frontend -> request(frontend, 5)),
            new Step("half a message", frontend -> frontend.client.sendRaw(List.of(Bytes.zeroes(5)), List.of())));

    @BeforeAll
    static void serve() throws Exception {
        device = new RngTestDevice(1, Completion.WHEN_RELEASED);
        server = ServerFixture.serve(device);
        serveWholly();
        idle = server.resourcesBetweenFrontEnds();
    }

    @AfterAll
    static void stop() throws Exception {
        server.close();
    }

    static Stream<Arguments> steps() {
        return IntStream.range(0, STEPS.size())
                .mapToObj(i -> Arguments.of(i, STEPS.get(i).name()));
    }

    @ParameterizedTest(name = "after {1}")
    @MethodSource("steps")
    void servesTheNextFrontEnd(int last, String name) throws Exception {
        try (StepFrontend frontend = StepFrontend.connect(server.socket())) {
            for (Step step : STEPS.subList(0, last + 1)) {
                step.action().take(frontend);
            }
        }
        serveWholly();
        assertEquals(idle, server.resourcesBetweenFrontEnds());
    }

    /// Serves a front end that comes to its end, so that nothing of an earlier one is left either.
    private static void serveWholly() throws IOException {
        long before = device.starts();
        try (StepFrontend frontend = server.started()) {
            StepQueue queue = frontend.queue(0);
            request(frontend, 2);
            device.releaseHeld();
            queue.awaitUsed(2);
            assertEquals(2, frontend.client.getVringBase(0));
            frontend.client.setMemTable(List.of(), List.of());
            assertEquals(before + 1, device.starts());
        }
    }

    private static void addRegion(StepFrontend frontend, int i) throws IOException {
        MemoryRegion region = frontend.memory.regions().get(i);
        frontend.client.addMemReg(region, frontend.memory.descriptors().get(i));
    }

    private static void passChannel(StepFrontend frontend) throws IOException {
        try (var channel = BackendRequestChannel.create(BackendRequestHandler.PLAIN, Duration.ofSeconds(1))) {
            frontend.client.setBackendReqFd(channel.backendEnd());
        }
    }

    private static void request(StepFrontend frontend, int count) {
        QueueMetrics metrics = server.server().metrics().get(0);
        long before = metrics.chains();
        frontend.queue(0).request(count);
        Waiting.until(() -> metrics.chains() == before + count, () -> "the requests are taken");
    }
}

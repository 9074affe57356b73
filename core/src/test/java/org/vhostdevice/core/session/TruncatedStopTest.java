package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.vhostdevice.core.frontend.BackendDisconnected;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.frontend.VhostUserClient;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.sys.Capability;
import org.vhostdevice.core.sys.EventNotifier;
import org.vhostdevice.core.sys.FileIo;
import org.vhostdevice.core.sys.Notification;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.SharedMemory;
import org.vhostdevice.core.sys.UnixSocket;
import org.vhostdevice.core.testkit.CapturedLog;
import org.vhostdevice.core.testkit.RngTestDevice;
import org.vhostdevice.core.testkit.RngTestDevice.Completion;
import org.vhostdevice.core.testkit.Seeded;
import org.vhostdevice.core.transport.Endpoint;
import org.vhostdevice.core.transport.VhostUserConnection;
import org.vhostdevice.core.transport.VhostUserListener;

@ExtendWith(Seeded.class)
@DisplayName("Guest memory that is truncated while a ring runs and stops is unmapped all the same")
class TruncatedStopTest {
    private static final int ROUNDS = 2000;
    private static final int RING = 16;
    private static final int AVAILABLE = 0x1000;
    private static final int BUFFERS = 0x8000;
    private static final short WRITE = 2;
    private static final long VERSION_1 = 1L << 32;
    private static final int LIMIT_MILLIS = 20_000;

    /// The front end here does not map it: every mapping is the back end's.
    private static final String NAME = "stopped";

    private static final Path MAPPINGS = Path.of("/proc/self/maps");

    @RegisterExtension
    final CapturedLog log = new CapturedLog();

    private SharedMemory memory;
    private Arena arena;
    private MemorySegment content;

    @BeforeEach
    void makeMemory() throws IOException {
        assumeTrue(Files.isReadable(MAPPINGS) && Capability.MEMFD.available(), "the host names mappings");
        memory = SharedMemory.create(NAME, FuzzMemory.SIZE);
        arena = Arena.ofShared();
        content = arena.allocate(FuzzMemory.SIZE);
        ByteBuffer bytes = content.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < RING; i++) {
            bytes.putLong(i * 16, FuzzMemory.GUEST + BUFFERS + i * 64L);
            bytes.putInt(i * 16 + 8, 64);
            bytes.putShort(i * 16 + 12, WRITE);
            bytes.putShort(AVAILABLE + 4 + i * 2, (short) i);
        }
        bytes.putShort(AVAILABLE + 2, (short) RING);
    }

    @AfterEach
    void freeMemory() {
        if (memory != null) {
            memory.close();
            arena.close();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Completion.class,
            names = {"AT_ONCE", "BY_OTHER_THREAD"})
    void leavesNoMapping(Completion completion, RandomGenerator random) throws Exception {
        try (var device = new RngTestDevice(1, completion);
                var workers = new Workers(device, 0)) {
            for (int i = 0; i < ROUNDS; i++) {
                truncateUnderLoad(workers, random);
            }
        }
        assertEquals(0, mappings(), "mappings left behind");
    }

    private void truncateUnderLoad(Workers workers, RandomGenerator random) throws Exception {
        int file = memory.fd().number();
        FileIo.truncate(file, FuzzMemory.SIZE);
        FileIo.pwrite(file, content, 0);
        List<OwnedFd> pair = UnixSocket.pair();
        Thread serving = serve(pair.get(1), workers);
        try (var client = VhostUserClient.adopt(pair.get(0), Duration.ofMillis(LIMIT_MILLIS));
                Notification kick = Notification.create();
                EventNotifier kicker = EventNotifier.adopt(kick.writeEnd().duplicate())) {
            agree(client);
            client.setMemTable(List.of(FuzzMemory.region()), List.of(memory.fd()));
            client.setVringNum(0, RING);
            client.setVringAddr(FuzzMemory.ring(0, 0, FuzzMemory.FRONT_END, 0));
            boolean early = random.nextBoolean();
            if (early) {
                truncate(random);
            }
            client.setVringKick(0, kick.readEnd());
            client.setVringEnable(0, true);
            kicker.signal();
            if (!early) {
                spin(random.nextInt(3000));
                truncate(random);
            }
            if (random.nextBoolean()) {
                client.getVringBase(0);
            }
        } catch (BackendDisconnected | BackendRefusal _) {
            // Its connection is what it costs.
        }
        serving.join(LIMIT_MILLIS);
        assertFalse(serving.isAlive(), () -> "the session goes on: " + Arrays.toString(serving.getStackTrace()));
    }

    /// Every message is acknowledged, so that nothing is truncated before the ring is about to start.
    private static void agree(VhostUserClient client) throws IOException {
        long _ = client.getFeatures();
        long _ = client.getProtocolFeatures();
        client.setProtocolFeatures(ProtocolFeature.bits(ProtocolFeature.REPLY_ACK));
        client.setFeatures(VERSION_1 | StepFrontend.PROTOCOL_FEATURES);
    }

    private void truncate(RandomGenerator random) throws IOException {
        FileIo.truncate(memory.fd().number(), random.nextBoolean() ? 0 : random.nextInt(1, 3) * 4096L);
    }

    private static void spin(int times) {
        for (int i = 0; i < times; i++) {
            Thread.onSpinWait();
        }
    }

    private static Thread serve(OwnedFd backend, Workers workers) throws IOException {
        VhostUserListener listener = VhostUserListener.open(new Endpoint.Inherited(backend.release()));
        VhostUserConnection connection = Objects.requireNonNull(listener.accept());
        return Thread.ofPlatform().daemon().name("session").start(() -> {
            new Session(connection, workers, ServerOptions.DEFAULT, List.of(new QueueMetrics())).run();
            try {
                listener.close();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static long mappings() throws IOException {
        try (Stream<String> mapped = Files.lines(MAPPINGS)) {
            return mapped.filter(line -> line.contains("/memfd:" + NAME)).count();
        }
    }
}

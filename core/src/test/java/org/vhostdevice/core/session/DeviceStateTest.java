package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.sys.ByteStream;
import org.vhostdevice.core.sys.FileIo;
import org.vhostdevice.core.sys.Notification;
import org.vhostdevice.core.sys.OpenMode;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.SharedMemory;
import org.vhostdevice.core.sys.UnixSocket;
import org.vhostdevice.core.testkit.Background;
import org.vhostdevice.core.testkit.RngTestDevice;
import org.vhostdevice.core.testkit.RngTestDevice.Completion;

@DisplayName("U11: the state of a device, to and from another process")
class DeviceStateTest extends ServedDeviceTest {
    private static final Message.DeviceState SAVE = new Message.DeviceState(0, 0);
    private static final Message.DeviceState LOAD = new Message.DeviceState(1, 0);
    private static final int LARGE = 3_000_000;

    /// What a state goes through.
    enum Way {
        PIPE,
        SOCKET;

        /// The reading end, then the writing one.
        List<OwnedFd> ends() throws IOException {
            if (this == SOCKET) {
                return UnixSocket.pair();
            }
            Notification pipe = Notification.create(Notification.Kind.PIPE);
            return List.of(pipe.readEnd(), pipe.writeEnd());
        }
    }

    DeviceStateTest() {
        super(1, Completion.WHEN_RELEASED);
    }

    @BeforeEach
    void negotiate() throws Exception {
        frontend.negotiate();
    }

    @ParameterizedTest
    @EnumSource
    void movesALargeStateToAnotherDevice(Way way) throws Exception {
        byte[] knowledge = random(LARGE);
        device.learn(knowledge);
        byte[] state = save(way);
        frontend.client.migration().checkDeviceState();
        try (RngTestDevice other = new RngTestDevice(1, Completion.AT_ONCE);
                ServerFixture destination = ServerFixture.serve(other);
                StepFrontend next = destination.negotiated()) {
            load(next, way, state);
            next.client.migration().checkDeviceState();
            assertArrayEquals(knowledge, other.known());
            next.startAll();
            next.queue(0).request(1);
            next.queue(0).awaitUsed(1);
        }
    }

    @Test
    void statusOfZeroStopsTheDeviceAndKeepsItsState() throws Exception {
        byte[] knowledge = random(100);
        frontend.startAll();
        frontend.client.setStatus(0x0f);
        frontend.queue(0).request(3);
        device.learn(knowledge);
        frontend.client.setStatus(0);
        assertEquals(1, device.closes(), "the ring has stopped");
        device.releaseHeld();
        byte[] state = save(Way.PIPE);
        frontend.client.migration().checkDeviceState();
        assertArrayEquals(knowledge, device.known());

        frontend.client.resetDevice();
        assertEquals(0, device.known().length);
        load(frontend, Way.PIPE, state);
        frontend.client.migration().checkDeviceState();
        assertArrayEquals(knowledge, device.known());
        frontend.queue(0).ring.reset();
        frontend.client.setFeatures(frontend.features());
        frontend.startAll();
        assertArrayEquals(knowledge, device.known());
    }

    @Test
    void movesAStateThroughAFile() throws Exception {
        byte[] knowledge = random(LARGE);
        device.learn(knowledge);
        try (SharedMemory file = SharedMemory.create("state", 1)) {
            FileIo.truncate(file.fd().number(), 0);
            frontend.client.migration().setDeviceStateFd(SAVE, file.fd());
            frontend.client.migration().checkDeviceState();
            device.learn(new byte[0]);
            // The same open file: back to its beginning by what is in it.
            byte[] state = new byte[(int) FileIo.status(file.fd()).size()];
            try (var copy = SharedMemory.create("state", state.length)) {
                copyFile(file.fd(), copy.fd(), state.length);
                frontend.client.migration().setDeviceStateFd(LOAD, copy.fd());
                frontend.client.migration().checkDeviceState();
            }
        }
        assertArrayEquals(knowledge, device.known());
    }

    @Test
    void answersMessagesWhileNobodyReads() throws Exception {
        device.learn(random(LARGE));
        List<OwnedFd> ends = Way.PIPE.ends();
        frontend.client.migration().setDeviceStateFd(SAVE, ends.get(1));
        assertEquals(1, frontend.client.getQueueNum());
        assertThrows(BackendRefusal.class, () -> frontend.client.migration().checkDeviceState(), "nobody has read it");
        ends.forEach(OwnedFd::close);
    }

    @ParameterizedTest
    @EnumSource
    void endsTheConnectionWhileAPeerDoesNothing(Way way) throws Exception {
        device.learn(random(LARGE));
        for (Message.DeviceState direction : List.of(SAVE, LOAD)) {
            List<OwnedFd> ends = way.ends();
            try (StepFrontend other = frontend) {
                other.client.migration().setDeviceStateFd(direction, ends.get(direction.equals(SAVE) ? 1 : 0));
            }
            frontend = server.negotiated();
            ends.forEach(OwnedFd::close);
        }
    }

    @Test
    void failsWhenNobodyCanReadIt() throws Exception {
        device.learn(random(LARGE));
        List<OwnedFd> ends = Way.PIPE.ends();
        frontend.client.migration().setDeviceStateFd(SAVE, ends.get(1));
        ends.forEach(OwnedFd::close);
        assertThrows(BackendRefusal.class, () -> frontend.client.migration().checkDeviceState());
    }

    @Test
    void refusesWhileARingIsStarted() throws Exception {
        frontend.startAll();
        List<OwnedFd> ends = Way.PIPE.ends();
        assertThrows(BackendRefusal.class, () -> frontend.client.migration().setDeviceStateFd(SAVE, ends.get(1)));
        frontend.client.getVringBase(0);
        frontend.client.migration().setDeviceStateFd(SAVE, ends.get(1));
        ends.forEach(OwnedFd::close);
    }

    @Test
    void startOfARingEndsATransfer() throws Exception {
        List<OwnedFd> ends = Way.PIPE.ends();
        device.learn(random(10));
        frontend.client.migration().setDeviceStateFd(LOAD, ends.get(0));
        frontend.startAll();
        assertArrayEquals(new byte[0], device.known(), "reset after a load that failed");
        assertThrows(BackendRefusal.class, () -> frontend.client.migration().checkDeviceState());
        frontend.queue(0).request(1);
        ends.forEach(OwnedFd::close);
    }

    @Test
    void refusesUnknownDirectionsAndPhasesAndOtherDescriptors() throws Exception {
        List<OwnedFd> ends = Way.PIPE.ends();
        for (Message.DeviceState unknown : List.of(new Message.DeviceState(2, 0), new Message.DeviceState(0, 1))) {
            assertThrows(
                    BackendRefusal.class, () -> frontend.client.migration().setDeviceStateFd(unknown, ends.get(1)));
        }
        ends.forEach(OwnedFd::close);
        try (OwnedFd directory = FileIo.open(Path.of("/"), OpenMode.READ_ONLY)) {
            assertThrows(BackendRefusal.class, () -> frontend.client.migration().setDeviceStateFd(SAVE, directory));
        }
    }

    @Test
    void hasNothingToCheckWithoutATransfer() throws Exception {
        assertThrows(BackendRefusal.class, () -> frontend.client.migration().checkDeviceState());
        byte[] state = save(Way.PIPE);
        frontend.client.migration().checkDeviceState();
        assertThrows(BackendRefusal.class, () -> frontend.client.migration().checkDeviceState(), "asked once");
        assertEquals(20, state.length, "a state of nothing");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 8, 12, 16, 17, 20, 1000, -1, -4, -5})
    void refusesAStateThatIsCutOff(int length) throws Exception {
        device.learn(random(5000));
        byte[] state = save(Way.PIPE);
        refuse(Arrays.copyOf(state, length < 0 ? state.length + length : length));
    }

    @Test
    void refusesAForeignState() throws Exception {
        device.learn(random(50));
        byte[] state = save(Way.PIPE);
        for (int at : new int[] {0, 7, 8, 12}) {
            byte[] changed = state.clone();
            changed[at] ^= 1;
            refuse(changed);
        }
        byte[] longer = Arrays.copyOf(state, state.length + 1);
        refuse(longer);
        byte[] hugePiece = state.clone();
        hugePiece[19] = 1;
        refuse(hugePiece);
        byte[] negative = state.clone();
        negative[19] = -1;
        refuse(negative);
        device.learn(new byte[] {RngTestDevice.POISON});
        refuse(save(Way.PIPE));
    }

    @Test
    void loadsNothingFromASideThatStaysOpen() throws Exception {
        List<OwnedFd> ends = Way.PIPE.ends();
        frontend.client.migration().setDeviceStateFd(LOAD, ends.get(0));
        assertThrows(BackendRefusal.class, () -> frontend.client.migration().checkDeviceState());
        ends.forEach(OwnedFd::close);
    }

    private void refuse(byte[] state) throws Exception {
        int resets = device.resets();
        load(frontend, Way.PIPE, state);
        assertThrows(BackendRefusal.class, () -> frontend.client.migration().checkDeviceState());
        assertEquals(resets + 1, device.resets());
    }

    private byte[] save(Way way) throws Exception {
        List<OwnedFd> ends = way.ends();
        frontend.client.migration().setDeviceStateFd(SAVE, ends.get(1));
        ends.get(1).close();
        try (ByteStream stream = ByteStream.adopt(ends.get(0))) {
            var state = new ByteArrayOutputStream();
            stream.input().transferTo(state);
            return state.toByteArray();
        }
    }

    private static void load(StepFrontend into, Way way, byte[] state) throws Exception {
        List<OwnedFd> ends = way.ends();
        into.client.migration().setDeviceStateFd(LOAD, ends.get(0));
        ends.get(0).close();
        CompletableFuture<?> writing = Background.run(() -> {
            try (ByteStream stream = ByteStream.adopt(ends.get(1))) {
                stream.output().write(state);
            } catch (IOException e) {
                // A device that refuses a state does not read the rest of it.
                assertTrue(String.valueOf(e.getMessage()).contains("EPIPE"), e.getMessage());
            }
        });
        writing.join();
    }

    private static void copyFile(OwnedFd from, OwnedFd to, int bytes) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var buffer = arena.allocate(bytes);
            assertEquals(bytes, FileIo.pread(from.number(), buffer, 0));
            assertEquals(bytes, FileIo.pwrite(to.number(), buffer, 0));
        }
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        bytes[0] = 1;
        return bytes;
    }
}

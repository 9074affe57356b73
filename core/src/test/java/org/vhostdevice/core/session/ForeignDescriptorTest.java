package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.protocol.Message.MemoryRegion;
import org.vhostdevice.core.sys.EventConsumer;
import org.vhostdevice.core.sys.FileIo;
import org.vhostdevice.core.sys.Notification;
import org.vhostdevice.core.sys.OpenMode;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.Poller;
import org.vhostdevice.core.sys.UnixSocket;
import org.vhostdevice.core.testkit.RngTestDevice.Completion;

@DisplayName("Descriptors of kinds that do not belong: no hang, no leak")
class ForeignDescriptorTest extends ServedDeviceTest {
    private static final int RING_ROUNDS = 20;

    @TempDir
    private Path directory;

    private final List<OwnedFd> opened = new ArrayList<>();

    ForeignDescriptorTest() {
        super(1, Completion.AT_ONCE);
    }

    @BeforeEach
    void negotiate() throws Exception {
        frontend.negotiate();
    }

    @AfterEach
    void closeDescriptors() {
        opened.forEach(OwnedFd::close);
    }

    @Test
    void refusesFilesAndDirectoriesAsNotifications() throws Exception {
        frontend.shareMemory();
        frontend.setUp(frontend.queue(0));
        List<OwnedFd> wrong = List.of(file(), directory());
        long before = ProcessResources.countDescriptors();
        for (OwnedFd fd : wrong) {
            assertThrows(BackendRefusal.class, () -> frontend.client.setVringKick(0, fd));
            assertThrows(BackendRefusal.class, () -> frontend.client.setVringCall(0, fd));
            assertThrows(BackendRefusal.class, () -> frontend.client.setVringErr(0, fd));
        }
        assertEquals(before, ProcessResources.countDescriptors());
        frontend.client.setVringKick(0, frontend.queue(0).kickEnd());
        frontend.client.setVringEnable(0, true);
        frontend.queue(0).request(1);
        frontend.queue(0).awaitUsed(1);
    }

    @Test
    void refusesDirectoriesAndSocketsAsMemory() throws Exception {
        var region = new MemoryRegion(1 << 20, 1 << 16, 1 << 20, 0);
        List<OwnedFd> wrong = List.of(
                file(), directory(), pair().getFirst(), frontend.queue(0).kickEnd());
        long before = ProcessResources.countDescriptors();
        for (OwnedFd fd : wrong) {
            assertThrows(BackendRefusal.class, () -> frontend.client.addMemReg(region, fd));
            assertThrows(BackendRefusal.class, () -> frontend.client.setMemTable(List.of(region), List.of(fd)));
        }
        assertEquals(before, ProcessResources.countDescriptors());
    }

    @Test
    void servesSocketsInPlaceOfEventfds() throws Exception {
        frontend.shareMemory();
        StepQueue queue = frontend.queue(0);
        frontend.setUp(queue);
        List<OwnedFd> call = pair();
        frontend.client.setVringCall(0, call.get(1));
        frontend.client.setVringKick(0, queue.kickEnd());
        frontend.client.setVringEnable(0, true);
        try (EventConsumer calls = EventConsumer.adopt(call.get(0))) {
            queue.request(3);
            queue.pollUsed(3);
            assertTrue(UnixSocket.poll(calls.fd(), Poller.READ, 10_000) != 0);
        }
    }

    @Test
    void goesOnWhenTheCallPipeIsNeverRead() throws Exception {
        try (Notification pipe = Notification.create(Notification.Kind.PIPE)) {
            frontend.startAll();
            StepQueue queue = frontend.queue(0);
            frontend.client.setVringCall(0, pipe.writeEnd());
            for (int i = 0; i < 10_000; i++) {
                queue.ring.arm();
                queue.request(1);
                queue.pollUsed(1);
            }
            assertEquals(10_000, metrics(0).completions());
        }
    }

    @Test
    void goesOnWhenNobodyCanKickOrBeCalledAnyMore() throws Exception {
        frontend.startAll();
        StepQueue queue = frontend.queue(0);
        for (int i = 0; i < RING_ROUNDS; i++) {
            Notification kick = Notification.create(Notification.Kind.PIPE);
            Notification call = Notification.create(Notification.Kind.PIPE);
            frontend.client.setVringKick(0, kick.readEnd());
            frontend.client.setVringCall(0, call.writeEnd());
            kick.close();
            call.close();
            queue.offer(1);
            frontend.client.setVringKick(0, queue.kickEnd());
            queue.pollUsed(1);
        }
    }

    private OwnedFd file() throws IOException {
        Path path = directory.resolve("file");
        if (!Files.exists(path)) {
            Files.createFile(path);
        }
        return keep(FileIo.open(path, OpenMode.READ_WRITE));
    }

    private OwnedFd directory() throws IOException {
        return keep(FileIo.open(directory, OpenMode.READ_ONLY));
    }

    private List<OwnedFd> pair() throws IOException {
        List<OwnedFd> pair = UnixSocket.pair();
        opened.addAll(pair);
        return pair;
    }

    private OwnedFd keep(OwnedFd fd) {
        opened.add(fd);
        return fd;
    }
}

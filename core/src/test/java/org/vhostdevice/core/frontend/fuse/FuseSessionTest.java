package org.vhostdevice.core.frontend.fuse;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.frontend.BackendTimeout;
import org.vhostdevice.core.frontend.BackendViolation;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.protocol.Bytes;
import org.vhostdevice.core.testkit.DeviceServerFixture;
import org.vhostdevice.core.testkit.FsTestDevice;
import org.vhostdevice.core.testkit.FsTestDevice.Fault;

@Timeout(60)
class FuseSessionTest {
    private static final long LONG = Duration.ofSeconds(20).toNanos();

    @TempDir
    private Path directory;

    @FunctionalInterface
    private interface Body {
        void run(Frontend frontend, FuseDriver driver) throws Exception;
    }

    private void with(Fault fault, Duration timeout, Body body) throws Exception {
        Path socket = directory.resolve("s");
        try (var _ = new DeviceServerFixture(new FsTestDevice("share", fault), socket);
                Frontend frontend = Frontend.attach(
                        socket, FuseDriver.prepare(FrontendOptions.defaults().withTimeout(timeout)))) {
            body.run(frontend, new FuseDriver(frontend, FuseDriver.Buffers.DEFAULT));
        }
    }

    private void with(Fault fault, Body body) throws Exception {
        with(fault, Duration.ofSeconds(20), body);
    }

    @Test
    void filesAreMadeWrittenReadAndRemoved() throws Exception {
        with(Fault.NONE, (frontend, driver) -> {
            assertEquals("share", FuseDriver.tag(frontend));
            assertEquals(1, FuseDriver.requestQueues(frontend));
            FuseSession session = FuseSession.begin(driver);
            assertEquals(new FuseInit(7, 38, 0, 1 << 20, 256), session.init());
            FuseSession.Open file = session.create(FuseRequest.ROOT, "file");
            byte[] text = "some text".getBytes(StandardCharsets.UTF_8);
            assertEquals(text.length, session.write(file, 3, text));
            assertArrayEquals("text".getBytes(StandardCharsets.UTF_8), session.read(file, 8, 100));
            assertEquals(12, session.getAttributes(file.nodeId()).size());
            session.sync(file);
            session.release(file);
            assertEquals(file.nodeId(), session.lookup(FuseRequest.ROOT, "file").nodeId());
            FuseSession.Open again = session.open(file.nodeId(), FuseSession.READ_ONLY);
            assertEquals(12, session.read(again, 0, 50).length);
            assertEquals(0, session.forget(file.nodeId(), 1, LONG));
            session.unlink(FuseRequest.ROOT, "file");
            assertEquals(0040755, session.makeFolder(FuseRequest.ROOT, "sub").mode());
            session.removeFolder(FuseRequest.ROOT, "sub");
        });
    }

    @Test
    void errorsAreRefusals() throws Exception {
        with(Fault.NONE, (_, driver) -> {
            FuseSession session = FuseSession.begin(driver);
            var refusal = assertThrows(BackendRefusal.class, () -> session.lookup(FuseRequest.ROOT, "nothing"));
            assertEquals("LOOKUP failed with error 2", refusal.getMessage());
            FuseReply reply = driver.call(FuseRequest.of(FuseOpcode.BMAP, FuseRequest.ROOT), 16);
            assertEquals(FuseReply.ENOSYS, reply.error());
            assertThrows(BackendRefusal.class, () -> new FuseReply(0, Bytes.of()).require("GETATTR", 1));
        });
    }

    @Test
    void sessionsOfTheOtherByteOrder() throws Exception {
        with(Fault.NONE, (_, driver) -> {
            FuseReply reply = driver.call(FuseInit.request(ByteOrder.BIG_ENDIAN, 0), 64);
            assertEquals(7, FuseInit.read(reply, ByteOrder.BIG_ENDIAN).major());
        });
    }

    @Test
    void severalRequestsAreInFlight() throws Exception {
        with(Fault.NONE, (_, driver) -> {
            var init = FuseInit.request(ByteOrder.LITTLE_ENDIAN, 0);
            int first = driver.post(init, 104, 64);
            int second = driver.post(init, 104, 64);
            assertTrue(driver.unique(first) != driver.unique(second));
            assertTrue(driver.await(second, LONG).isPresent());
            assertTrue(driver.await(first, 0).isEmpty());
        });
    }

    @Test
    void missingAndWrongAnswersAreReported() throws Exception {
        with(Fault.SHORT_UNANSWERED, Duration.ofSeconds(1), (_, driver) -> {
            var request = FuseRequest.of(FuseOpcode.LOOKUP, FuseRequest.ROOT);
            assertThrows(BackendTimeout.class, () -> driver.call(request, 16));
        });
        with(Fault.SHORT_EMPTY, (_, driver) -> {
            var request = FuseRequest.of(FuseOpcode.LOOKUP, FuseRequest.ROOT);
            assertThrows(BackendViolation.class, () -> driver.call(request, 16));
            assertEquals(16, driver.raw(Bytes.of((byte) 1), 100));
        });
        with(Fault.WRONG_NUMBER, (_, driver) -> {
            assertThrows(BackendViolation.class, () -> FuseSession.begin(driver));
        });
    }
}

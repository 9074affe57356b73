package org.vhostdevice.fs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.device.ConfigSpace;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.fuse.FuseDriver;
import org.vhostdevice.core.frontend.fuse.FuseRequest;
import org.vhostdevice.core.frontend.fuse.FuseSession;
import org.vhostdevice.core.testkit.DeviceServerFixture;
import org.vhostdevice.fs.fuse.FakeFiles;
import org.vhostdevice.fs.fuse.FuseOptions;
import org.vhostdevice.fs.passthrough.PassthroughFileSystem;
import org.vhostdevice.fs.passthrough.PassthroughOptions;
import org.vhostdevice.fs.sandbox.SandboxOptions;

/// The device behind its socket.
@Timeout(60)
class FsDeviceTest {
    private static final byte[] TEXT = "some text".getBytes(StandardCharsets.UTF_8);

    @TempDir
    private Path folder;

    private FsDevice device(String tag) throws Exception {
        Path share = Files.createDirectories(folder.resolve("share"));
        PassthroughOptions passthrough = PassthroughOptions.of(share);
        FsConfig config = new FsConfig(tag, 2, 0, FuseOptions.DEFAULT, passthrough, SandboxOptions.DEFAULT);
        return new FsDevice(config, PassthroughFileSystem.open(passthrough), config.fuse());
    }

    private static FrontendOptions options() {
        return FuseDriver.prepare(FrontendOptions.defaults());
    }

    @Test
    void filesOfTheHostAreServed() throws Exception {
        Path socket = folder.resolve("s");
        try (var _ = new DeviceServerFixture(device("host"), socket);
                Frontend frontend = Frontend.attach(socket, options())) {
            assertEquals("host", FuseDriver.tag(frontend));
            assertEquals(2, FuseDriver.requestQueues(frontend));
            FuseSession session = FuseSession.begin(new FuseDriver(frontend, FuseDriver.Buffers.DEFAULT));
            FuseSession.Open file = session.create(FuseRequest.ROOT, "file");
            assertEquals(TEXT.length, session.write(file, 0, TEXT));
            session.sync(file);
            assertArrayEquals(TEXT, session.read(file, 0, 100));
            session.release(file);
        }
        assertArrayEquals(TEXT, Files.readAllBytes(folder.resolve("share").resolve("file")));
    }

    @Test
    void nothingOfOneFrontEndIsLeftForTheNext() throws Exception {
        Path socket = folder.resolve("s");
        FuseSession.Open file;
        try (var _ = new DeviceServerFixture(device("host"), socket)) {
            try (Frontend first = Frontend.attach(socket, options())) {
                FuseSession session = FuseSession.begin(new FuseDriver(first, FuseDriver.Buffers.DEFAULT));
                file = session.create(FuseRequest.ROOT, "file");
            }
            try (Frontend second = Frontend.attach(socket, options())) {
                FuseDriver driver = new FuseDriver(second, FuseDriver.Buffers.DEFAULT);
                FuseSession session = FuseSession.begin(driver);
                assertThrows(BackendRefusal.class, () -> session.getAttributes(file.nodeId()));
                assertThrows(BackendRefusal.class, () -> session.read(file, 0, 10));
                assertNotEquals(
                        file.nodeId(), session.lookup(FuseRequest.ROOT, "file").nodeId());
            }
        }
    }

    @Test
    void configurationHasTagAndNumberOfQueues() throws Exception {
        try (FsDevice device = device("t\u00e4g")) {
            byte[] bytes = device.config().bytes();
            assertEquals(40, bytes.length);
            assertEquals("t\u00e4g", new String(bytes, 0, 4, StandardCharsets.UTF_8));
            assertEquals(0, bytes[4]);
            assertEquals(2, bytes[36]);
            assertEquals(3, device.queueCount());
        }
    }

    @Test
    void withoutATagThereIsNoConfiguration() throws Exception {
        try (FsDevice device = device(null)) {
            assertEquals(ConfigSpace.EMPTY, device.config());
        }
    }

    @Test
    void resetReachesTheFiles() {
        FakeFiles files = new FakeFiles();
        FsConfig config =
                new FsConfig(null, 1, 1, FuseOptions.DEFAULT, PassthroughOptions.of(folder), SandboxOptions.DEFAULT);
        try (FsDevice device = new FsDevice(config, files, config.fuse())) {
            device.reset();
            assertEquals(List.of("reset"), files.calls());
        }
        assertEquals(List.of("close"), files.calls());
    }
}

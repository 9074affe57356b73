package org.vhostdevice.core.frontend.fuse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.vhostdevice.core.frontend.BackendViolation;
import org.vhostdevice.core.frontend.BlkWorkload;
import org.vhostdevice.core.frontend.BlkWorkload.Access;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.LoadReport;
import org.vhostdevice.core.testkit.DeviceServerFixture;
import org.vhostdevice.core.testkit.FsTestDevice;
import org.vhostdevice.core.testkit.FsTestDevice.Fault;

@Timeout(60)
class FuseLoadTest {
    private static final Duration SHORT = Duration.ofMillis(20);
    private static final int FILE_BYTES = 64 << 10;

    @TempDir
    private Path directory;

    private Frontend attach() throws Exception {
        return Frontend.attach(directory.resolve("s"), FuseDriver.prepare(FrontendOptions.defaults()));
    }

    private static BlkWorkload workload(Access access) {
        return new BlkWorkload(access, 4096, 5, 1, true);
    }

    @ParameterizedTest
    @EnumSource
    void everyAccessIsMeasuredAndVerified(Access access) throws Exception {
        var device = new FsTestDevice("share", Fault.NONE);
        try (var _ = new DeviceServerFixture(device, directory.resolve("s"));
                Frontend frontend = attach()) {
            var load = new FuseLoad(frontend, workload(access), "file", FILE_BYTES, access.random());
            assertEquals(1, device.files());
            for (int round = 0; round < 2; round++) {
                LoadReport report = load.run(SHORT);
                assertTrue(report.requests() >= 5);
                assertEquals(0, report.errors());
                assertEquals(4096 * report.requests(), report.bytes());
                assertEquals(report.requests(), report.latency().count());
                assertEquals(access == Access.READ || access == Access.RANDREAD, report.writes() == 0);
            }
            load.verify();
            load.remove();
            assertEquals(0, device.files());
        }
    }

    @Test
    void wrongDataIsReported() throws Exception {
        try (var _ = new DeviceServerFixture(new FsTestDevice("share", Fault.WRONG_DATA), directory.resolve("s"));
                Frontend frontend = attach()) {
            var load = new FuseLoad(frontend, workload(Access.WRITE), "file", FILE_BYTES, false);
            assertThrows(BackendViolation.class, load::verify);
        }
    }

    @Test
    void blocksThatAreTooLargeAreRefused() throws Exception {
        try (var _ = new DeviceServerFixture(new FsTestDevice("share", Fault.NONE), directory.resolve("s"));
                Frontend frontend = attach()) {
            var workload = new BlkWorkload(Access.READ, 2 << 20, 1, 1, false);
            assertThrows(
                    IllegalArgumentException.class, () -> new FuseLoad(frontend, workload, "file", FILE_BYTES, false));
            assertThrows(
                    IllegalArgumentException.class, () -> new FuseLoad(frontend, workload, "file", 4 << 20, false));
        }
    }
}

package org.vhostdevice.core.frontend.vsock;

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
import org.vhostdevice.core.frontend.BackendTimeout;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.LoadReport;
import org.vhostdevice.core.frontend.vsock.VsockLoad.Direction;
import org.vhostdevice.core.testkit.DeviceServerFixture;
import org.vhostdevice.core.testkit.VsockTestDevice;
import org.vhostdevice.core.testkit.VsockTestDevice.Fault;

@Timeout(60)
class VsockLoadTest {
    private static final Duration SHORT = Duration.ofMillis(20);
    private static final int BYTES = 3000;

    @TempDir
    private Path directory;

    private DeviceServerFixture serve(Fault fault) throws Exception {
        return new DeviceServerFixture(new VsockTestDevice(directory.resolve("h"), fault), directory.resolve("s"));
    }

    private Frontend attach(Duration timeout) throws Exception {
        return Frontend.attach(
                directory.resolve("s"),
                VsockDriver.prepare(FrontendOptions.defaults().withTimeout(timeout)));
    }

    private VsockLoad load(Frontend frontend, Direction direction, int depth) throws Exception {
        return new VsockLoad(
                frontend,
                new HybridHost(directory.resolve("h")),
                new VsockLoad.Plan(direction, BYTES, depth),
                depth == 1);
    }

    @ParameterizedTest
    @EnumSource
    void everyDirectionIsMeasured(Direction direction) throws Exception {
        for (int depth : new int[] {1, 7}) {
            try (var _ = serve(Fault.NONE);
                    Frontend frontend = attach(Duration.ofSeconds(20));
                    VsockLoad load = load(frontend, direction, depth)) {
                for (int round = 0; round < 2; round++) {
                    LoadReport report = load.run(SHORT);
                    assertTrue(report.requests() > 0);
                    assertEquals(
                            report.requests(), direction == Direction.TO_HOST ? report.writes() : report.requests());
                    assertTrue(report.bytes() > 0 && report.bytes() <= BYTES * report.requests());
                    assertTrue(report.latency().count() >= report.requests());
                }
            }
        }
    }

    @Test
    void deviceThatMakesNoRoomIsWaitedForOnlySoLong() throws Exception {
        try (var _ = serve(Fault.COUNTS_NOTHING);
                Frontend frontend = attach(Duration.ofSeconds(1));
                VsockLoad load = load(frontend, Direction.TO_HOST, 4)) {
            assertThrows(BackendTimeout.class, () -> load.run(Duration.ofMinutes(1)));
        }
    }

    @Test
    void plansHaveLimits() {
        assertThrows(IllegalArgumentException.class, () -> new VsockLoad.Plan(Direction.TO_HOST, 0, 1));
        assertThrows(IllegalArgumentException.class, () -> new VsockLoad.Plan(Direction.TO_HOST, 65_537, 1));
        assertThrows(IllegalArgumentException.class, () -> new VsockLoad.Plan(Direction.TO_HOST, 1, 0));
        assertThrows(IllegalArgumentException.class, () -> new VsockLoad.Plan(Direction.TO_HOST, 1, 129));
    }
}

package org.vhostdevice.core.frontend.vsock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
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
import org.vhostdevice.core.testkit.VsockFault;
import org.vhostdevice.core.testkit.VsockTestDevice;

@Timeout(60)
class VsockLoadTest {
    private static final Duration SHORT = Duration.ofMillis(20);
    private static final int BYTES = 3000;

    @TempDir
    private Path directory;

    private DeviceServerFixture serve(VsockFault fault) throws Exception {
        return new DeviceServerFixture(new VsockTestDevice(directory.resolve("h"), fault), directory.resolve("s"));
    }

    private Frontend attach(Duration timeout) throws Exception {
        return Frontend.attach(
                directory.resolve("s"),
                VsockDriver.prepare(FrontendOptions.defaults().withTimeout(timeout)));
    }

    private static VsockLoad.Plan plan(Direction direction, int depth, int connections) {
        return direction == Direction.ROUND_TRIP
                ? VsockLoad.Plan.roundTrips(BYTES, connections)
                : new VsockLoad.Plan(direction, BYTES, depth, connections);
    }

    private VsockLoad load(Frontend frontend, VsockLoad.Plan plan) throws Exception {
        return new VsockLoad(frontend, new HybridHost(directory.resolve("h")), plan, plan.depth() == 1);
    }

    private static void requireMeasured(Direction direction, LoadReport report) {
        assertTrue(report.requests() > 0);
        assertEquals(direction == Direction.TO_HOST ? report.requests() : 0, report.writes());
        assertTrue(report.bytes() > 0 && report.bytes() <= BYTES * report.requests());
        assertTrue(report.fairness() >= 0 && report.fairness() <= 1, () -> "" + report.fairness());
    }

    @ParameterizedTest
    @EnumSource
    void everyDirectionIsMeasured(Direction direction) throws Exception {
        for (int depth : new int[] {1, 7}) {
            try (var _ = serve(VsockFault.NONE);
                    Frontend frontend = attach(Duration.ofSeconds(20));
                    VsockLoad load = load(frontend, plan(direction, depth, depth))) {
                for (int round = 0; round < 2; round++) {
                    LoadReport report = load.run(SHORT);
                    requireMeasured(direction, report);
                    assertTrue(report.latency().count() >= report.requests());
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyDirectionIsMeasuredWithoutADevice(Direction direction) throws Exception {
        try (var load = new PlainSocketLoad(plan(direction, 1, 7), directory.resolve("p"))) {
            requireMeasured(direction, load.run(SHORT));
        }
        assertFalse(Files.exists(directory.resolve("p")));
    }

    @Test
    void deviceThatMakesNoRoomIsWaitedForOnlySoLong() throws Exception {
        try (var _ = serve(VsockFault.COUNTS_NOTHING);
                Frontend frontend = attach(Duration.ofSeconds(1));
                VsockLoad load = load(frontend, plan(Direction.TO_HOST, 4, 2))) {
            assertThrows(BackendTimeout.class, () -> load.run(Duration.ofMinutes(1)));
        }
    }

    @Test
    void plansHaveLimits() {
        assertThrows(IllegalArgumentException.class, () -> new VsockLoad.Plan(Direction.TO_HOST, 0, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> new VsockLoad.Plan(Direction.TO_HOST, 65_537, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> new VsockLoad.Plan(Direction.TO_HOST, 1, 0, 1));
        assertThrows(IllegalArgumentException.class, () -> new VsockLoad.Plan(Direction.TO_HOST, 1, 129, 1));
        assertThrows(IllegalArgumentException.class, () -> VsockLoad.Plan.roundTrips(1, 16_385));
    }
}

package org.vhostdevice.core.check;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vhostdevice.core.testkit.ConsoleTestDevice;
import org.vhostdevice.core.testkit.ConsoleTestDevice.Fault;

@Timeout(120)
class ConsoleChecksTest {
    @TempDir
    private Path directory;

    private CheckOptions options(Duration timeout) {
        return CheckRun.options(DeviceKind.CONSOLE, timeout, directory);
    }

    @Test
    void deviceThatObeysPasses() throws Exception {
        var device = new ConsoleTestDevice(3, Fault.NONE, true);
        Set<String> skipped = CheckRun.allPass(device, directory.resolve("s"), options(Duration.ofSeconds(20)));
        assertEquals(Set.of(), skipped);
        assertEquals("\n\n", device.emergency());
    }

    @Test
    void deviceWithOnePortPasses() throws Exception {
        var device = new ConsoleTestDevice(1, Fault.NONE, true);
        Set<String> skipped = CheckRun.allPass(device, directory.resolve("s"), options(Duration.ofSeconds(20)));
        assertEquals(Set.of("C2", "C3", "C4b", "C5a", "C5b", "C5c", "C5d", "C6"), skipped);
    }

    @ParameterizedTest(name = "{0}, {1}")
    @CsvSource({
        "EMERGENCY_REFUSED, C1",
        "TAKES_NOTHING, C4a",
        "NO_PORTS, C4b",
        "ADDS_TWICE, C2",
        "ADDS_TOO_MANY, C2",
        "REMOVES_UNKNOWN, C3",
        "SILENT, C5a",
        "NOT_OPEN, C5b",
        "NAME_WITH_NUL, C5c",
        "SIZE_TURNED, C5d",
        "SILENT, C6"
    })
    void faultIsFound(Fault fault, String check) throws Exception {
        var device = new ConsoleTestDevice(3, fault, true);
        CheckRun.fails(device, directory.resolve("s"), options(Duration.ofMillis(500)), check);
    }
}

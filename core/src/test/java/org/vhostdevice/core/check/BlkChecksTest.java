package org.vhostdevice.core.check;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vhostdevice.core.testkit.DiskTestDevice;
import org.vhostdevice.core.testkit.DiskTestDevice.Fault;

@Timeout(120)
class BlkChecksTest {
    @TempDir
    private Path directory;

    private CheckOptions options(Duration timeout) {
        return CheckRun.options(DeviceKind.BLK, timeout, directory.resolve("h"));
    }

    @Test
    void deviceThatObeysPasses() throws Exception {
        var device = new DiskTestDevice(Fault.NONE);
        Set<String> skipped = CheckRun.allPass(device, directory.resolve("s"), options(Duration.ofSeconds(20)));
        assertEquals(Set.of("B4", "B8", "B9a", "B9c", "B12", "B16a", "B16b", "B16c"), skipped);
    }

    @Test
    void readOnlyDeviceThatObeysPasses() throws Exception {
        var device = new DiskTestDevice(Fault.READ_ONLY);
        Set<String> skipped = CheckRun.allPass(device, directory.resolve("s"), options(Duration.ofSeconds(20)));
        assertEquals(true, skipped.containsAll(Set.of("B5a", "B19a", "U2b")) && !skipped.contains("B4"));
    }

    @Test
    void zonedDeviceThatObeysPasses() throws Exception {
        var device = new DiskTestDevice(Fault.ZONED);
        Set<String> skipped = CheckRun.allPass(device, directory.resolve("s"), options(Duration.ofSeconds(20)));
        assertEquals(Set.of("B4", "B8", "B9a", "B9c", "B12"), skipped);
    }

    @ParameterizedTest(name = "{0}, {1}")
    @CsvSource({"NONE, ''", "TACITURN, B12"})
    void changeOfTheCapacityIsToldOrMissed(RelayFault relayed, String check) throws Exception {
        var disk = new DiskTestDevice(Fault.NONE);
        try (var target = new RelayedTarget(directory, () -> disk, relayed, RingFault.OFF, false) {
            @Override
            public boolean resize() throws IOException {
                disk.grow();
                relay().tellOfConfig();
                return true;
            }
        }) {
            var report = CheckRunner.run(target, options(Duration.ofMillis(500)), (id, _) -> id.equals("B12"), _ -> {});
            CheckRun.requireFailed(CheckRun.ids(check), CheckLevel.SHOULD, report.results());
            assertEquals(0, report.skipped());
        }
    }

    @ParameterizedTest(name = "{0}, {1}")
    @CsvSource({
        "READ_ONLY_WRITTEN, B4",
        "RESERVED_FIELDS, B3",
        "NO_FLUSH, B1",
        "WRITEBACK_ON, B2",
        "FLUSH_FAILS, B9d",
        "LIFETIME_RESERVED, B10",
        "ANY_TYPE, B11",
        "ANY_TYPE, B17",
        "ENDLESS, B13a",
        "ENDLESS, B13b",
        "LONG_LENGTH, S9b",
        "BLANK_ID, B14",
        "ANY_LENGTH, B15a",
        "ANY_LENGTH, B15b",
        "KEEPS_MALFORMED, B18",
        "FEW_PIECES, S1d",
        "FEW_PIECES, B19b",
        "LOSES_WRITES, B19a",
        "ANY_FLAGS, B5a",
        "ANY_FLAGS, B5b",
        "ANY_FLAGS, B5c",
        "ANY_FLAGS, B6",
        "NO_ZEROES, B7a",
        "NO_ZEROES, B7b",
        "ZONED_ODDLY, B16a",
        "ZONED_SILENTLY, B16b",
        "ZONED_EVERYWHERE, B16c"
    })
    void faultIsFound(Fault fault, String check) throws Exception {
        var device = new DiskTestDevice(fault);
        CheckRun.fails(device, directory.resolve("s"), options(Duration.ofMillis(500)), check);
    }
}

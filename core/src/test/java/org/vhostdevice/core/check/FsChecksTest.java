package org.vhostdevice.core.check;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vhostdevice.core.testkit.FsTestDevice;
import org.vhostdevice.core.testkit.FsTestDevice.Fault;

@Timeout(120)
class FsChecksTest {
    @TempDir
    private Path directory;

    private CheckOptions options(Duration timeout) {
        return CheckRun.options(DeviceKind.FS, timeout, directory);
    }

    @Test
    void deviceThatObeysPasses() throws Exception {
        var device = new FsTestDevice("share", Fault.NONE);
        Set<String> skipped = CheckRun.allPass(device, directory.resolve("s"), options(Duration.ofSeconds(20)));
        assertEquals(0, device.files());
        assertEquals(Set.of("F2", "F4a", "F4b"), skipped);
    }

    @ParameterizedTest(name = "{0}, {1}")
    @CsvSource({
        "NO_QUEUES, F1",
        "NOTHING_NOTIFIED, F2",
        "EMPTY_TAG, F8",
        "FORGET_WAITS, F3",
        "WRONG_NUMBER, F5a",
        "LITTLE_ENDIAN_ONLY, F5b",
        "ONE_SESSION, F5c",
        "FORGET_ANSWERED, F6a",
        "FORGET_ANSWERED, F6b",
        "FORGET_KEPT, F6a",
        "FORGET_KEPT, F6c",
        "UNKNOWN_INVALID, F10a",
        "MISSING_INVALID, F9a",
        "WRONG_DATA, F9b",
        "SHORT_UNANSWERED, F10b",
        "SHORT_EMPTY, F10c",
        "SHORT_UNANSWERED, F10d",
        "SHORT_EMPTY, F10e",
        "SHORT_UNANSWERED, F11a",
        "BELIEVES_LENGTH, F11b",
        "SHORT_UNANSWERED, F11c"
    })
    void faultIsFound(Fault fault, String check) throws Exception {
        var device = new FsTestDevice(fault == Fault.EMPTY_TAG ? "" : "share", fault);
        CheckRun.fails(device, directory.resolve("s"), options(Duration.ofMillis(500)), check);
    }

    @ParameterizedTest(name = "{0}, {1}")
    @CsvSource({"WINDOW, NONE, ''", "WINDOW_ELSEWHERE, NONE, F4a", "WINDOW, MAPS_ANYTHING, F4b"})
    void faultOfTheWindowIsFound(RelayFault relayed, Fault fault, String check) throws Exception {
        try (var target =
                new RelayedTarget(directory, () -> new FsTestDevice("share", fault), relayed, RingFault.OFF, false)) {
            var report =
                    CheckRunner.run(target, options(Duration.ofSeconds(2)), (id, _) -> id.startsWith("F4"), _ -> {});
            CheckRun.requireFailed(CheckRun.ids(check), CheckLevel.MUST, report.results());
            assertEquals(
                    0,
                    report.results().stream()
                            .filter(result -> result.format().equals(Optional.of(RingFormat.SPLIT)))
                            .filter(result -> result.outcome() instanceof Outcome.Skip)
                            .count());
        }
    }
}

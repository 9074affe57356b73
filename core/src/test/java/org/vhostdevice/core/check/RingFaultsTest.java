package org.vhostdevice.core.check;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.vhostdevice.core.sys.Notification;
import org.vhostdevice.core.testkit.DiskTestDevice;
import org.vhostdevice.core.testkit.DiskTestDevice.Fault;

/// Checks of rings against rings that break a single rule: a check finds it, and no other MUST of its suite fails.
@Timeout(120)
class RingFaultsTest {
    private static final Set<String> SUITES = Set.of("rings", "chains", "notifications", "split", "packed", "suspend");

    @TempDir
    private Path directory;

    private List<CheckResult> run(
            RingFault fault, RingFormat format, Duration timeout, BiPredicate<String, String> wanted) throws Exception {
        var options =
                new CheckOptions(Optional.of(DeviceKind.BLK), Set.of(format), Notification.Kind.PIPE, timeout, false);
        try (var target =
                new RelayedTarget(directory, () -> new DiskTestDevice(Fault.NONE), RelayFault.NONE, fault, false)) {
            return CheckRunner.run(target, options, wanted, _ -> {}).results();
        }
    }

    @ParameterizedTest
    @EnumSource(RingFormat.class)
    void ringsThatObeyPass(RingFormat format) throws Exception {
        List<CheckResult> results =
                run(RingFault.NONE, format, Duration.ofSeconds(20), (_, suite) -> SUITES.contains(suite));
        CheckRun.requireFailed(Set.of(), CheckLevel.MUST, results);
    }

    @ParameterizedTest(name = "{0}, {1}, {2}")
    @CsvSource({
        "WRITES_TABLE, SPLIT, split, S3",
        "ODD_FLAGS, SPLIT, split, S10a S10b",
        "KICK_IS_REQUEST, SPLIT, notifications, S11",
        "KICK_IS_REQUEST, PACKED, notifications, S11",
        "SAME_TWICE, PACKED, packed, P1",
        "BACKWARDS, SPLIT, rings, G16",
        "SAME_TWICE, PACKED, rings, G16",
        "SUSPENDS_EARLY, SPLIT, suspend, G9",
        "LOSES_HELD, SPLIT, suspend, G11",
        "LOSES_HELD, PACKED, suspend, G11",
        "USES_SILENTLY, SPLIT, suspend, G11",
        "WORKS_ON, SPLIT, suspend, G12",
        "CALLS_ON, SPLIT, suspend, G12",
        "CHANGES_CONFIG, SPLIT, suspend, G13",
        "TELLS_OF_CONFIG, SPLIT, suspend, G13",
    })
    void brokenRuleIsFoundByItsCheckAlone(RingFault fault, RingFormat format, String suite, String checks)
            throws Exception {
        List<CheckResult> results =
                run(fault, format, Duration.ofSeconds(1), (_, candidate) -> candidate.equals(suite));
        CheckRun.requireFailed(CheckRun.ids(checks), CheckLevel.MUST, results);
    }

    @ParameterizedTest(name = "{0}, {1}")
    @CsvSource({"WRITES_READABLE, S2", "NEVER_SUSPENDS, G10", "NEVER_RESUMES, G14", "RESUMES_IDLE, G14"})
    void brokenRuleIsFound(RingFault fault, String check) throws Exception {
        List<CheckResult> results = run(fault, RingFormat.SPLIT, Duration.ofMillis(500), (id, _) -> id.equals(check));
        CheckRun.requireFailed(Set.of(check), CheckLevel.MUST, results);
    }

    @ParameterizedTest(name = "{0}, {1}, {2}")
    @CsvSource({"NEEDS_KICKS, SPLIT, S14", "ODD_FLAGS, PACKED, P7"})
    void brokenAdviceIsFound(RingFault fault, RingFormat format, String check) throws Exception {
        List<CheckResult> results = run(fault, format, Duration.ofMillis(500), (id, _) -> id.equals(check));
        CheckRun.requireFailed(Set.of(check), CheckLevel.SHOULD, results);
    }

    @ParameterizedTest
    @EnumSource(RingFormat.class)
    void deviceMayAskForAResetInsteadOfSuspending(RingFormat format) throws Exception {
        List<CheckResult> results =
                run(RingFault.NEEDS_RESET, format, Duration.ofSeconds(20), (_, suite) -> suite.equals("suspend"));
        CheckRun.requireFailed(Set.of(), CheckLevel.MUST, results);
        assertTrue(results.stream()
                .anyMatch(result ->
                        result.outcome() instanceof Outcome.Skip(String reason) && reason.contains("needs a reset")));
    }
}

package org.vhostdevice.core.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.vhostdevice.core.sys.Capability;
import org.vhostdevice.core.sys.Notification;
import org.vhostdevice.core.testkit.DiskTestDevice;
import org.vhostdevice.core.testkit.DiskTestDevice.Fault;

/// The checks of messages and rings, against a back end that obeys, also behind a relay that spoils one thing.
@Timeout(240)
class CoreChecksTest {
    @TempDir
    private Path directory;

    private List<CheckResult> run(RelayFault relayed, Fault fault, CheckOptions options, String only) throws Exception {
        try (var target =
                new RelayedTarget(directory, () -> new DiskTestDevice(fault), relayed, RingFault.OFF, false)) {
            return CheckRunner.run(target, options, (id, _) -> only.equals("*") || only.equals(id), _ -> {})
                    .results();
        }
    }

    private static CheckOptions options(Notification.Kind notifications, Duration timeout) {
        return new CheckOptions(Optional.of(DeviceKind.BLK), Set.of(RingFormat.values()), notifications, timeout, true);
    }

    @ParameterizedTest
    @EnumSource(Notification.Kind.class)
    void backEndThatObeysPasses(Notification.Kind kind) throws Exception {
        if (kind == Notification.Kind.EVENTFD && !Capability.EVENTFD.available()) {
            return;
        }
        List<CheckResult> results = run(RelayFault.NONE, Fault.NONE, options(kind, Duration.ofSeconds(20)), "*");
        assertEquals(
                List.of(),
                results.stream()
                        .filter(result -> result.outcome() instanceof Outcome.Fail)
                        .toList());
        Set<String> skipped = new TreeSet<>();
        for (CheckResult result : results) {
            if (result.outcome() instanceof Outcome.Skip) {
                skipped.add(result.clause().id());
            }
        }
        // SUSPEND is not offered.
        skipped.removeAll(Set.of("G9", "G10", "G11", "G12", "G13", "G14"));
        // What becomes of the medium does not show; nobody changes it; and it has no zones.
        skipped.removeAll(Set.of("B8", "B12", "B16a", "B16b", "B16c"));
        skipped.removeAll(Set.of("B4", "B9a", "B9c", "U10c", "U11a", "U11b", "U7", "H6", "U14a"));
        assertEquals(Set.of(), skipped);
    }

    private void requireFails(RelayFault relayed, Fault fault, String check) throws Exception {
        Notification.Kind kind = Capability.EVENTFD.available() ? Notification.Kind.EVENTFD : Notification.Kind.PIPE;
        List<CheckResult> results = run(relayed, fault, options(kind, Duration.ofMillis(400)), check);
        assertFalse(results.isEmpty());
        assertEquals(
                true,
                results.stream().anyMatch(result -> result.outcome() instanceof Outcome.Fail),
                () -> relayed + " passes: " + results);
    }

    @ParameterizedTest(name = "{0}, {1}")
    @CsvSource({
        "REPLY_FLAGS, U18b",
        "ECHOED_FLAGS, U18c",
        "ALL_FAILS, U8a",
        "TWICE, U8b",
        "ALWAYS_ACKNOWLEDGED, U8c",
        "ALWAYS_ACKNOWLEDGED, U8d",
        "ONE_PIECE, U16a",
        "ONE_PIECE, U16b",
        "ALL_SUCCEEDS, U8e",
        "ALL_SUCCEEDS, U8f",
        "ALL_SUCCEEDS, U8g",
        "ALL_SUCCEEDS, U8h",
        "ALL_SUCCEEDS, U8i",
        "ALL_SUCCEEDS, U17a",
        "ALL_SUCCEEDS, U20a",
        "ALL_SUCCEEDS, U13a",
        "ALL_SUCCEEDS, U13b",
        "ALL_SUCCEEDS, U13c",
        "ALL_SUCCEEDS, U21a",
        "ALL_SUCCEEDS, U21d",
        "ANY_FLAGS, U19a",
        "ANY_FLAGS, U19b",
        "ODD_FEATURES, G4a",
        "ODD_FEATURES, G4b",
        "ODD_FEATURES, G4c",
        "HALF_FEATURES, G15",
        "HALF_FEATURES, G2a",
        "HALF_FEATURES, G2b",
        "HALF_FEATURES, U6a",
        "NO_QUEUES, U6b",
        "FEATURES_ALWAYS_OK, G3b",
        "ALL_OR_NOTHING, G3a",
        "SHORT_CONFIG, U12a",
        "NO_OFFSET, U12b",
        "CONFIG_SILENCE, U12c",
        "LATE_CONFIG, G7",
        "WRITABLE_CONFIG, U20b",
        "ONE_REGION, U21b",
        "ONE_REGION, U21c",
        "ONE_REGION, U21e",
        "ONE_REGION, U21f",
        "KEEPS_DESCRIPTORS, U15",
        "KEEPS_DESCRIPTORS, U26",
        "USER_ADDRESSES, U22"
    })
    void faultOfMessagesIsFound(RelayFault relayed, String check) throws Exception {
        requireFails(relayed, Fault.NONE, check);
    }

    @ParameterizedTest(name = "{0}, {1}")
    @CsvSource({
        "ONE_SHOT, C3a",
        "ONE_SHOT, C3b",
        "ONE_SHOT, C3c",
        "ONE_SHOT, C3d",
        "ONE_SHOT, C3e",
        "ONE_SHOT, C3f",
        "ONE_SHOT, C3g",
        "ONE_SHOT, C3h",
        "ONE_SHOT, C3i",
        "JEALOUS, U23a",
        "JEALOUS, U23b",
        "ONE_SHOT, U17b",
        "ONE_SHOT, U19c",
        "ONE_SHOT, U19d",
        "ONE_SHOT, U16c",
        "ONE_SHOT, U18a"
    })
    void faultOfConnectionsIsFound(RelayFault relayed, String check) throws Exception {
        requireFails(relayed, Fault.NONE, check);
    }

    @ParameterizedTest(name = "{0}, {1}")
    @CsvSource({
        "NEVER_STOPS, U1",
        "NEVER_STOPS, U5a",
        "NEVER_STOPS, U24a",
        "NEVER_DISABLES, U2",
        "NEVER_DISABLES, U2b",
        "NEVER_STARTS, U3a",
        "NEVER_STARTS, U3b",
        "NEEDS_ENABLE, U4",
        "MUTE_WHEN_STOPPED, U5b",
        "NO_PIPES, U14b",
        "NO_PIPES, U14c",
        "PIPES_ONLY, U14a",
        "BASE_0, U24b",
        "BASE_0, U24c",
        "FIRST_CALL, U25a",
        "FIRST_CALL, U25b",
        "NO_POLLING, U25c",
        "HASTY, G1a",
        "NEVER_RESETS, G6a",
        "NEVER_RESETS, G6b",
        "NEVER_RESETS, G6c",
        "RESETS_ONCE, G5",
        "FIXED_SIZE, G8",
        "FIXED_SIZE, S13",
        "FIXED_SIZE, P4b",
        "NO_CALLS, S6a",
        "NO_CALLS, S6c",
        "NO_CALLS, S7a",
        "NO_CALLS, S7c",
        "ALWAYS_EVENTS, S6d",
        "NOISY, S6b",
        "NOISY, S7b",
        "NEVER_EVENTS, S7b",
        "NEVER_EVENTS, S7d",
        "NO_TABLES, S1c",
        "NO_TABLES, S3a",
        "NO_TABLES, S4",
        "NO_TABLES, S4b",
        "NO_TABLES, S5",
        "NO_LOG, U9b",
        "NO_LOG, U9c",
        "NO_LOG, U9e",
        "ALWAYS_LOGS, U9d",
        "LOG_UNANSWERED, U9a",
        "SMALL_RECORD, U10a",
        "SMALL_RECORD, U10b"
    })
    void faultOfRingsIsFound(RelayFault relayed, String check) throws Exception {
        requireFails(relayed, Fault.NONE, check);
    }

    @ParameterizedTest(name = "{0}, {1}")
    @CsvSource({
        "FEW_PIECES, S1a",
        "FEW_PIECES, S1b",
        "NO_DATA, S9a",
        "KEEPS_SOME, S15a",
        "KEEPS_SOME, S15b",
        "KEEPS_SOME, P4a",
        "KEEPS_SOME, P6",
        "KEEPS_SOME, P5"
    })
    void faultOfDevicesIsFound(Fault fault, String check) throws Exception {
        requireFails(RelayFault.NONE, fault, check);
    }

    @ParameterizedTest(name = "{0}, {1}, {2}")
    @CsvSource({
        "DIES_OF_ERRORS, NONE, H1",
        "DIES_OF_ERRORS, NONE, H2",
        "DIES_OF_ERRORS, NONE, H3",
        "DIES_OF_ERRORS, NONE, H4",
        "DIES_OF_ERRORS, FAILS_AT_EMPTY, H5",
        "DIES_OF_ERRORS, NONE, H6"
    })
    void backEndThatEndsIsFound(RelayFault relayed, Fault fault, String check) throws Exception {
        requireFails(relayed, fault, check);
    }

    @ParameterizedTest(name = "{0}, {1}, {2}")
    @CsvSource({
        "NONE, OFF, blk, ''",
        "STABLE_BY_FLUSH_ONLY, OFF, blk, B9a",
        "NEVER_STABLE, OFF, blk, B9a B9c",
        "NONE, OFF, inflight, ''",
        "NONE, NONE, U10c, ''",
        "NONE, STARTS_BEHIND, U10c, U10c"
    })
    void faultThatShowsAfterAKillIsFound(Fault fault, RingFault rings, String only, String checks) throws Exception {
        byte[] medium = DiskTestDevice.medium();
        var options = new CheckOptions(
                Optional.of(DeviceKind.BLK),
                Set.of(RingFormat.SPLIT),
                Notification.Kind.PIPE,
                Duration.ofSeconds(2),
                true);
        try (var target =
                new RelayedTarget(directory, () -> new DiskTestDevice(fault, medium), RelayFault.NONE, rings, true)) {
            var report =
                    CheckRunner.run(target, options, (id, suite) -> id.equals(only) || suite.equals(only), _ -> {});
            CheckRun.requireFailed(CheckRun.ids(checks), CheckLevel.MUST, report.results());
        }
    }

    @ParameterizedTest(name = "{0}, {1}, {2}")
    @CsvSource({
        "BARE_INBAND, features, U7",
        "PROUD, hostile, G17a",
        "TACITURN, hostile, G17b",
        "STATE_REFUSED, migration, U11a",
        "ANY_STATE, migration, U11b"
    })
    void faultIsFoundByItsCheckAlone(RelayFault relayed, String suite, String check) throws Exception {
        try (var target =
                new RelayedTarget(directory, () -> new DiskTestDevice(Fault.NONE), relayed, RingFault.OFF, false)) {
            var report = CheckRunner.run(
                    target,
                    options(Notification.Kind.PIPE, Duration.ofSeconds(2)),
                    (_, of) -> of.equals(suite),
                    _ -> {});
            Set<String> failed = report.results().stream()
                    .filter(result -> result.outcome() instanceof Outcome.Fail)
                    .map(result -> result.clause().id())
                    .collect(Collectors.toSet());
            assertEquals(Set.of(check), failed);
        }
    }

    @Test
    void checksHaveNamesOfTheirOwn() {
        List<String> ids = Suites.checks().map(entry -> entry.clause().id()).toList();
        assertEquals(ids.size(), Set.copyOf(ids).size(), ids.toString());
    }
}

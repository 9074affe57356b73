package org.vhostdevice.core.check;

import java.util.List;
import java.util.stream.Stream;

/// All suites, in the order in which they run.
public final class Suites {
    static final List<CheckSuite> ALL = List.of(
            MessageChecks.SUITE,
            RefusalChecks.SUITE,
            FeatureChecks.SUITE,
            ConfigChecks.SUITE,
            MemoryChecks.SUITE,
            ConnectionChecks.SUITE,
            RingChecks.SUITE,
            ChainChecks.SUITE,
            NoticeChecks.SUITE,
            SplitChecks.SUITE,
            PackedChecks.SUITE,
            SuspendChecks.SUITE,
            HostileChecks.SUITE,
            MigrationChecks.SUITE,
            InflightChecks.SUITE,
            CheckSuite.of(DeviceKind.BLK, BlkChecks.CHECKS),
            CheckSuite.of(DeviceKind.BLK, BlkWriteChecks.CHECKS),
            CheckSuite.of(DeviceKind.BLK, BlkZoneChecks.CHECKS),
            VsockChecks.SUITE,
            ConsoleChecks.SUITE,
            FsChecks.SUITE);

    private Suites() {}

    /// A check by name.
    ///
    /// @param suite  its suite
    /// @param clause what it checks
    public record Entry(String suite, Clause clause) {}

    /// {@return all checks there are}
    public static Stream<Entry> checks() {
        return ALL.stream()
                .flatMap(suite -> suite.checks().stream().map(check -> new Entry(suite.name(), check.clause())));
    }
}

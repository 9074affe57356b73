package org.vhostdevice.core.check;

import java.util.List;
import java.util.stream.Stream;

/// All suites, in the order in which they run.
public final class Suites {
    static final List<CheckSuite> ALL = List.of(
            MessageChecks.SUITE,
            RefusalChecks.SUITE,
            RingChecks.SUITE,
            SplitChecks.SUITE,
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

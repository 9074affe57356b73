package org.vhostdevice.core.check;

import java.util.List;
import java.util.Optional;

/// What came out of all checks of a back end.
///
/// @param features         virtio features that it offers
/// @param protocolFeatures protocol features that it offers
/// @param kind             type of the device, if known
/// @param results          in the order of the checks
public record CheckReport(long features, long protocolFeatures, Optional<DeviceKind> kind, List<CheckResult> results) {
    /// Copies the list.
    public CheckReport {
        results = List.copyOf(results);
    }

    /// {@return the checks that the back end passed}
    public long passed() {
        return count(Outcome.Pass.class);
    }

    /// {@return the checks that were not made}
    public long skipped() {
        return count(Outcome.Skip.class);
    }

    /// Counts failures.
    ///
    /// @param level of the clause
    /// @return how many
    public long failed(CheckLevel level) {
        return results.stream()
                .filter(result -> result.outcome() instanceof Outcome.Fail
                        && result.clause().level() == level)
                .count();
    }

    /// {@return whether no MUST failed}
    public boolean conforms() {
        return results.stream().noneMatch(CheckResult::failedMust);
    }

    private long count(Class<? extends Outcome> kind) {
        return results.stream()
                .filter(result -> kind.isInstance(result.outcome()))
                .count();
    }
}

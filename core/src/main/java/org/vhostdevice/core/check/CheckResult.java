package org.vhostdevice.core.check;

import java.util.Optional;

/// What came out of a check.
///
/// @param suite   name of its suite
/// @param format  rings that were used, if the suite is about rings
/// @param clause  what was checked
/// @param outcome how it ended
public record CheckResult(String suite, Optional<RingFormat> format, Clause clause, Outcome outcome) {
    /// {@return whether the back end does not conform because of it}
    public boolean failedMust() {
        return outcome instanceof Outcome.Fail && clause.level() == CheckLevel.MUST;
    }
}

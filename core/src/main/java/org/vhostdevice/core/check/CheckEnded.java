package org.vhostdevice.core.check;

import java.util.Objects;

/// Ends a check before its last line. Part of the way checks are written, not of any fault: it has no stack trace.
final class CheckEnded extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Outcome outcome;

    private CheckEnded(Outcome outcome) {
        super(outcome.toString(), null, false, false);
        this.outcome = outcome;
    }

    Outcome outcome() {
        return outcome;
    }

    /// The back end does not conform.
    static CheckEnded fail(String expected, String seen) {
        return new CheckEnded(new Outcome.Fail(expected, seen));
    }

    /// The check cannot tell.
    static CheckEnded skip(String reason) {
        return new CheckEnded(new Outcome.Skip(reason));
    }

    /// Fails unless a condition holds.
    static void require(boolean condition, String expected, String seen) {
        if (!condition) {
            throw fail(expected, seen);
        }
    }

    /// Fails unless two values are the same.
    ///
    /// @param what they are a value of
    static void requireEqual(String what, Object expected, Object seen) {
        require(Objects.equals(expected, seen), what + " " + expected, what + " " + seen);
    }
}

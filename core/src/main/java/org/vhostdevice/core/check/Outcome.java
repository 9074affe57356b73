package org.vhostdevice.core.check;

/// How a check ended.
public sealed interface Outcome {
    /// The back end does what the clause says.
    ///
    /// @param seen what is worth telling about it; may be empty
    record Pass(String seen) implements Outcome {}

    /// The back end does otherwise.
    ///
    /// @param expected what the clause asks for
    /// @param seen     what happened
    record Fail(String expected, String seen) implements Outcome {}

    /// The check says nothing about this back end.
    ///
    /// @param reason why it was not made
    record Skip(String reason) implements Outcome {}
}

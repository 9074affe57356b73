package org.vhostdevice.core.check;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// One clause and how to see whether a back end obeys it.
///
/// @param clause what is checked
/// @param needs  what the back end or the caller must allow, else it is skipped
/// @param body   what is done
record Check(Clause clause, List<Need> needs, Body body) {
    /// What is done, on a rig of its own. It returns if the back end conforms.
    @FunctionalInterface
    interface Body {
        /// Makes the check.
        ///
        /// @throws CheckEnded  with the outcome, if the back end does not conform or the check cannot tell
        /// @throws IOException if the back end fails elsewhere, which is a failure of the check too
        void run(Rig rig) throws IOException;
    }

    Check {
        needs = List.copyOf(needs);
    }

    static Check must(String id, String reference, String text, Body body) {
        return new Check(new Clause(id, CheckLevel.MUST, reference, text), List.of(), body);
    }

    static Check should(String id, String reference, String text, Body body) {
        return new Check(new Clause(id, CheckLevel.SHOULD, reference, text), List.of(), body);
    }

    /// The same check, made only where these needs are met.
    Check needing(Need... more) {
        return new Check(clause, List.of(more), body);
    }

    /// The same check, made only where this is met as well.
    private Check alsoNeeding(Need more) {
        return new Check(clause, Stream.concat(needs.stream(), Stream.of(more)).toList(), body);
    }

    /// The same checks, made only where this is met as well.
    static List<Check> alsoNeeding(Need more, List<Check> checks) {
        return checks.stream().map(check -> check.alsoNeeding(more)).toList();
    }

    /// The first need that is not met, as a reason to skip.
    Optional<String> missing(Situation situation) {
        for (Need need : needs) {
            Optional<String> missing = need.missing(situation);
            if (missing.isPresent()) {
                return missing;
            }
        }
        return Optional.empty();
    }
}

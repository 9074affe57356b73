package org.vhostdevice.core.check;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import org.vhostdevice.core.frontend.VhostUserClient;

/// Makes checks, one after the other, each on connections of its own. One thread.
public final class CheckRunner {
    private final Situation situation;
    private final Consumer<CheckResult> listener;
    private Optional<String> gone = Optional.empty();

    private CheckRunner(Situation situation, Consumer<CheckResult> listener) {
        this.situation = situation;
        this.listener = listener;
    }

    /// Makes all checks that apply to a back end.
    ///
    /// @param target   the back end
    /// @param options  how
    /// @param only     takes a check's id and its suite, and tells whether it is wanted
    /// @param listener gets each result as soon as it is there
    /// @return all results
    /// @throws IOException if the back end does not even tell what it offers
    public static CheckReport run(
            Target target, CheckOptions options, BiPredicate<String, String> only, Consumer<CheckResult> listener)
            throws IOException {
        Facts facts;
        target.ensureServing();
        try (VhostUserClient client = Dial.answered(target, options.timeout())) {
            facts = Facts.ask(client);
        }
        Optional<DeviceKind> kind = options.kind().or(() -> DeviceKind.guess(facts));
        var runner = new CheckRunner(new Situation(facts, kind, options, target), listener);
        return runner.all(only);
    }

    private CheckReport all(BiPredicate<String, String> only) {
        List<CheckResult> results = new ArrayList<>();
        for (CheckSuite suite : Suites.ALL) {
            if (suite.kind().isPresent() && !suite.kind().equals(situation.kind())) {
                continue;
            }
            for (Optional<RingFormat> format : formats(suite)) {
                for (Check check : suite.checks()) {
                    if (only.test(check.clause().id(), suite.name())) {
                        CheckResult result = new CheckResult(
                                suite.name(), format, check.clause(), make(check, format.orElse(RingFormat.SPLIT)));
                        listener.accept(result);
                        results.add(result);
                    }
                }
            }
        }
        Facts facts = situation.facts();
        return new CheckReport(facts.features(), facts.protocolFeatures(), situation.kind(), results);
    }

    private List<Optional<RingFormat>> formats(CheckSuite suite) {
        if (suite.formats().isEmpty()) {
            return List.of(Optional.empty());
        }
        List<Optional<RingFormat>> formats = new ArrayList<>();
        for (RingFormat format : RingFormat.values()) {
            if (suite.formats().contains(format)
                    && situation.options().formats().contains(format)) {
                formats.add(Optional.of(format));
            }
        }
        return formats;
    }

    private Outcome make(Check check, RingFormat format) {
        if (gone.isPresent()) {
            return new Outcome.Skip(gone.get());
        }
        if (format == RingFormat.PACKED && !situation.facts().offers(Bits.RING_PACKED)) {
            return new Outcome.Skip("RING_PACKED is not offered");
        }
        Optional<String> missing = check.missing(situation);
        if (missing.isPresent()) {
            return new Outcome.Skip(missing.get());
        }
        Outcome outcome = attempt(check, format);
        return afterwards(check, outcome);
    }

    private Outcome attempt(Check check, RingFormat format) {
        try (Rig rig = new Rig(situation, format)) {
            situation.target().ensureServing();
            check.body().run(rig);
            return new Outcome.Pass(rig.seen());
        } catch (CheckEnded e) {
            return e.outcome();
        } catch (IOException e) {
            return new Outcome.Fail(check.clause().text(), String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            return new Outcome.Fail(check.clause().text(), "the check itself failed: " + e);
        }
    }

    /// What the check left behind is a part of its outcome.
    private Outcome afterwards(Check check, Outcome outcome) {
        Optional<String> crash = situation.target().crash();
        if (crash.isPresent()) {
            return new Outcome.Fail("the back end goes on", crash.get() + before(outcome));
        }
        try {
            if (situation.target().restartable()) {
                if (outcome instanceof Outcome.Fail) {
                    situation.target().killAndRestart();
                }
                return outcome;
            }
            Dial.answered(situation.target(), situation.options().timeout()).close();
            return outcome;
        } catch (IOException e) {
            gone = Optional.of(
                    "the back end is gone since check " + check.clause().id());
            return new Outcome.Fail("the back end goes on", e.getMessage() + before(outcome));
        }
    }

    private static String before(Outcome outcome) {
        return outcome instanceof Outcome.Fail(String expected, String seen)
                ? "; before that: expected " + expected + ", seen " + seen
                : "";
    }
}

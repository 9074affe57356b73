package org.vhostdevice.cli.check;

import java.util.List;
import java.util.Locale;
import org.vhostdevice.core.check.CheckLevel;
import org.vhostdevice.core.check.CheckReport;
import org.vhostdevice.core.check.CheckResult;
import org.vhostdevice.core.check.Clause;
import org.vhostdevice.core.check.DeviceKind;
import org.vhostdevice.core.check.Outcome;
import org.vhostdevice.core.check.RingFormat;
import org.vhostdevice.core.check.Suites;

/// Results as people read them: a line for each check below the name of its suite, with more lines for a failure.
final class CheckText {
    private String suite = "";

    CheckText() {}

    /// One result, behind the heading of its suite where that begins.
    String line(CheckResult result) {
        String name = result.suite()
                + result.format()
                        .map(RingFormat::label)
                        .filter(f -> !f.equals(result.suite()))
                        .map(f -> ", " + f + " rings")
                        .orElse("");
        String heading = name.equals(suite) ? "" : String.format(Locale.ROOT, "%s%n", name);
        suite = name;
        return heading
                + switch (result.outcome()) {
                    case Outcome.Pass(String seen) ->
                        row("ok", result.clause()) + (seen.isEmpty() ? "" : more("seen", seen));
                    case Outcome.Fail(String expected, String seen) ->
                        row("FAIL", result.clause()) + more("expected", expected) + more("seen", seen);
                    case Outcome.Skip(String reason) -> row("skip", result.clause()) + more("reason", reason);
                };
    }

    private static String row(String word, Clause clause) {
        return String.format(
                Locale.ROOT,
                "  %-4s %-6s %-6s %s (%s)%n",
                word,
                clause.id(),
                clause.level(),
                clause.text(),
                clause.reference());
    }

    private static String more(String word, String text) {
        return String.format(Locale.ROOT, "              %-9s %s%n", word + ":", text);
    }

    /// The last lines.
    static String summary(CheckReport report) {
        return String.format(
                Locale.ROOT,
                "%n%s, features 0x%x, protocol features 0x%x%n%d checks: %d passed, %d MUST failed, %d SHOULD failed,"
                        + " %d skipped%n",
                report.kind().map(DeviceKind::label).orElse("device of unknown type"),
                report.features(),
                report.protocolFeatures(),
                report.results().size(),
                report.passed(),
                report.failed(CheckLevel.MUST),
                report.failed(CheckLevel.SHOULD),
                report.skipped());
    }

    /// All checks, without results.
    static String list(List<Suites.Entry> checks) {
        StringBuilder text = new StringBuilder();
        String suite = "";
        for (Suites.Entry check : checks) {
            if (!check.suite().equals(suite)) {
                suite = check.suite();
                text.append(suite).append(String.format(Locale.ROOT, "%n"));
            }
            text.append(row("", check.clause()));
        }
        return text.toString();
    }
}

package org.vhostdevice.cli.check;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
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

/// Results as programs read them.
final class CheckJson {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private CheckJson() {}

    /// A whole run, with a line feed at the end.
    static String report(CheckReport report) {
        ObjectNode root = NODES.objectNode();
        root.put("device", report.kind().map(DeviceKind::label).orElse(null));
        root.put("features", "0x" + Long.toHexString(report.features()));
        root.put("protocol_features", "0x" + Long.toHexString(report.protocolFeatures()));
        ArrayNode results = root.putArray("results");
        report.results().forEach(result -> results.add(result(result)));
        root.putObject("summary")
                .put("checks", report.results().size())
                .put("passed", report.passed())
                .put("failed_must", report.failed(CheckLevel.MUST))
                .put("failed_should", report.failed(CheckLevel.SHOULD))
                .put("skipped", report.skipped());
        return root.toPrettyString() + '\n';
    }

    private static ObjectNode result(CheckResult result) {
        ObjectNode node = clause(result.suite(), result.clause());
        node.put("ring", result.format().map(RingFormat::label).orElse(null));
        return switch (result.outcome()) {
            case Outcome.Pass(String seen) -> node.put("outcome", "pass").put("seen", seen);
            case Outcome.Fail(String expected, String seen) ->
                node.put("outcome", "fail").put("expected", expected).put("seen", seen);
            case Outcome.Skip(String reason) -> node.put("outcome", "skip").put("reason", reason);
        };
    }

    /// All checks, without results, with a line feed at the end.
    static String list(List<Suites.Entry> checks) {
        ArrayNode all = NODES.arrayNode();
        checks.forEach(check -> all.add(clause(check.suite(), check.clause())));
        return all.toPrettyString() + '\n';
    }

    private static ObjectNode clause(String suite, Clause clause) {
        return NODES.objectNode()
                .put("id", clause.id())
                .put("suite", suite)
                .put("level", clause.level().name().toLowerCase(Locale.ROOT))
                .put("reference", clause.reference())
                .put("clause", clause.text());
    }
}

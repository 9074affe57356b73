package org.vhostdevice.cli.doctor;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import org.vhostdevice.cli.doctor.Finding.Status;

/// Findings as people and as programs read them.
final class Reports {
    private Reports() {}

    static boolean canServe(List<Finding> findings) {
        return findings.stream().noneMatch(finding -> finding.status() == Status.PROBLEM);
    }

    /// A line for each below the name of its section, with another one for advice.
    static String text(List<Finding> findings) {
        StringBuilder text = new StringBuilder();
        String section = "";
        for (Finding finding : findings) {
            if (!finding.section().equals(section)) {
                section = finding.section();
                text.append(section).append('\n');
            }
            text.append(String.format(
                    Locale.ROOT, "  %-4s %-20s %s%n", finding.status().label(), finding.name(), finding.text()));
            finding.advice()
                    .ifPresent(advice -> text.append(" ".repeat(28))
                            .append("-> ")
                            .append(advice)
                            .append('\n'));
        }
        return text.toString();
    }

    /// The last line.
    static String verdict(List<Finding> findings) {
        long warnings = findings.stream()
                .filter(finding -> finding.status() == Status.WARNING)
                .count();
        if (!canServe(findings)) {
            return "Devices cannot be served on this host: see FAIL above.";
        }
        return warnings == 0
                ? "Devices can be served on this host."
                : "Devices can be served on this host; " + warnings + (warnings == 1 ? " warning." : " warnings.");
    }

    /// One object, with a line feed at the end.
    ///
    /// @param serves whether to say if devices can be served: this host was asked
    static String json(List<Finding> findings, boolean serves) {
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        if (serves) {
            root.put("can_serve", canServe(findings));
        }
        ArrayNode all = root.putArray("findings");
        for (Finding finding : findings) {
            all.addObject()
                    .put("section", finding.section())
                    .put("name", finding.name())
                    .put("status", finding.status().name().toLowerCase(Locale.ROOT))
                    .put("text", finding.text())
                    .put("advice", finding.advice().orElse(null));
        }
        return root.toPrettyString() + '\n';
    }
}

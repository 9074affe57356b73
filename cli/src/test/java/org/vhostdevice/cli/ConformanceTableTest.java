package org.vhostdevice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.vhostdevice.core.check.Suites;

@DisplayName("docs/conformance.md")
class ConformanceTableTest {
    private static final Path ROOT = Path.of("").toAbsolutePath().getParent();
    private static final Pattern ROW = Pattern.compile("\\| ([A-Z]+[0-9]+[a-z]?) \\| (.+) \\| (.+) \\|");
    private static final Pattern CHECK = Pattern.compile("`([A-Z][0-9]+[a-z]?)`");
    private static final Pattern TEST = Pattern.compile("`(\\w+)\\.(\\w+)`");

    /// A clause: its id and its last column.
    private record Clause(String id, String proof) {}

    @Test
    void everyTestItNamesExists() throws IOException {
        Map<String, String> sources = testSources();
        List<String> missing = new ArrayList<>();
        for (Clause clause : clauses()) {
            Matcher test = TEST.matcher(clause.proof());
            while (test.find()) {
                String source = sources.getOrDefault(test.group(1), "");
                if (!source.contains("void " + test.group(2) + "(")) {
                    missing.add(clause.id() + ": " + test.group());
                }
            }
        }
        assertEquals(List.of(), missing);
    }

    @Test
    void everyClauseHasATestOrAReasonWhyNot() throws IOException {
        List<String> bare = clauses().stream()
                .filter(clause -> !TEST.matcher(clause.proof()).find()
                        && !clause.proof().startsWith("not ")
                        && !clause.proof().startsWith("by construction"))
                .map(Clause::id)
                .toList();
        assertEquals(List.of(), bare);
    }

    @Test
    void everyCheckItNamesIsThere() throws IOException {
        Set<String> checks = Suites.checks()
                .map(check -> check.clause().id())
                .flatMap(id -> Stream.of(id, id.replaceFirst("[a-z]$", "")))
                .collect(Collectors.toSet());
        List<String> unknown = Files.readAllLines(ROOT.resolve("docs/conformance.md")).stream()
                .filter(line -> !line.contains("| no check"))
                .flatMap(line -> CHECK.matcher(line).results().map(match -> match.group(1)))
                .filter(id -> !checks.contains(id))
                .toList();
        assertEquals(List.of(), unknown);
    }

    private static List<Clause> clauses() throws IOException {
        List<Clause> clauses = Files.readAllLines(ROOT.resolve("docs/conformance.md")).stream()
                .map(ROW::matcher)
                .filter(Matcher::matches)
                .map(row -> new Clause(row.group(1), row.group(3)))
                .toList();
        assertFalse(clauses.isEmpty());
        return clauses;
    }

    private static Map<String, String> testSources() throws IOException {
        Map<String, String> sources = new HashMap<>();
        for (String module : List.of("core", "device-blk", "device-fs", "device-vsock", "device-console", "cli")) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/test/java"))) {
                for (Path file :
                        files.filter(f -> f.toString().endsWith(".java")).toList()) {
                    String name = file.getFileName().toString().replace(".java", "");
                    sources.put(name, Files.readString(file));
                }
            }
        }
        return sources;
    }
}

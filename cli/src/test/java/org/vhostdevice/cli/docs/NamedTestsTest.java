package org.vhostdevice.cli.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Tests that documents name")
class NamedTestsTest {
    private static final String THREATS = "docs/threat-model.md";
    private static final Pattern TEST = Pattern.compile("`([A-Z]\\w*[a-z0-9](?:Test|IT|Contract))(?:\\.(\\w+))?`");

    @Test
    void exist() throws IOException {
        Map<String, String> sources = sources();
        List<String> missing = new ArrayList<>();
        for (Path document : Documents.all()) {
            Matcher test = TEST.matcher(Files.readString(document));
            while (test.find()) {
                String source = sources.getOrDefault(test.group(1), "");
                String wanted = test.group(2) == null ? "class " : "void " + test.group(2) + "(";
                if (!source.contains(wanted)) {
                    missing.add(Documents.ROOT.relativize(document) + " " + test.group());
                }
            }
        }
        assertEquals(List.of(), missing);
    }

    @Test
    void areNamedForEveryThreat() throws IOException {
        String threats = Documents.text(THREATS);
        String part = threats.substring(threats.indexOf("## What each of them"), threats.indexOf("## What is not"));
        List<String> rows = part.lines()
                .filter(line -> line.startsWith("| ") && !line.startsWith("| attempt"))
                .toList();
        assertFalse(rows.size() < 20, "only " + rows.size());
        assertEquals(
                List.of(),
                rows.stream().filter(row -> !TEST.matcher(row).find()).toList());
    }

    /// Sources of all test classes, by the name of the class.
    private static Map<String, String> sources() throws IOException {
        Map<String, String> sources = new HashMap<>();
        try (Stream<Path> files = Files.find(
                Documents.ROOT,
                20,
                (path, _) -> path.toString().contains("/src/test/java/")
                        && path.toString().endsWith(".java"))) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString().replace(".java", "");
                sources.merge(name, Files.readString(file), String::concat);
            }
        }
        return sources;
    }
}

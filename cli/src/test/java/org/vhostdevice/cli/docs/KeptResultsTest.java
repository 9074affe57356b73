package org.vhostdevice.cli.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// The plots in `docs/results` are those of the results beside them. With `-Dvhost.plots=write` they are made anew.
@DisplayName("docs/results")
class KeptResultsTest {
    private static final Path FOLDER = Documents.ROOT.resolve("docs/results");
    private static final boolean WRITE = System.getProperty("vhost.plots", "").equals("write");

    /// What is plotted: a name for the file, a title, and the number in a job of `bench --compare --json`.
    private record Plot(String name, String title, String number) {}

    private static final List<Plot> PLOTS = List.of(
            new Plot("iops", "requests a second: median (least – greatest of the rounds)", "iops"),
            new Plot("cpu", "µs of processor time of the back end a request; less is better", "cpu_usec_per_request"),
            new Plot("p99", "99th percentile of the latency in µs; less is better", "lat_usec_p99"));

    @Test
    void havePlotsOfTheirNumbers() throws IOException {
        Map<String, String> plots = plots();
        assertFalse(plots.isEmpty());
        for (Map.Entry<String, String> plot : plots.entrySet()) {
            Path file = FOLDER.resolve(plot.getKey());
            if (WRITE) {
                Files.writeString(file, plot.getValue());
            }
            assertEquals(plot.getValue(), Files.readString(file), () -> file + ": make it anew by -Dvhost.plots=write");
        }
        try (Stream<Path> files = Files.list(FOLDER)) {
            assertEquals(
                    plots.keySet().stream().sorted().toList(),
                    files.map(file -> file.getFileName().toString())
                            .filter(name -> name.endsWith(".svg"))
                            .sorted()
                            .toList());
        }
    }

    @Test
    void areShownWithTheirConditions() throws IOException {
        String page = Documents.text("docs/results/README.md");
        for (String plot : plots().keySet()) {
            assertTrue(page.contains("(" + plot + ")"), plot);
        }
        for (Path result : results()) {
            assertTrue(page.contains("(" + result.getFileName() + ")"), result.toString());
            assertFalse(read(result).path("conditions").isEmpty(), result.toString());
        }
    }

    private static List<Path> results() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.filter(file -> file.toString().endsWith(".json"))
                    .sorted()
                    .toList();
        }
    }

    private static JsonNode read(Path result) throws IOException {
        return new ObjectMapper().readTree(result.toFile());
    }

    /// The text of each plot, by its file.
    private static Map<String, String> plots() throws IOException {
        Map<String, String> plots = new TreeMap<>();
        for (Path result : results()) {
            JsonNode kept = read(result);
            String name = result.getFileName().toString().replace(".json", "");
            for (Plot plot : PLOTS) {
                plots.put(name + "-" + plot.name() + ".svg", chart(kept, plot).svg());
            }
        }
        return plots;
    }

    private static BarChart chart(JsonNode kept, Plot plot) {
        JsonNode sides = kept.path("sides");
        BarChart chart = new BarChart(
                kept.path("title").textValue() + ": " + plot.title(),
                List.of(sides.path(0).textValue(), sides.path(1).textValue()));
        for (JsonNode job : kept.path("bench").path("jobs")) {
            String label = job.path("rw").textValue() + " " + job.path("bs").intValue() / 1024 + "k depth "
                    + job.path("iodepth").intValue();
            JsonNode number = job.path(plot.number());
            chart.add(label, List.of(value(number.path("a")), value(number.path("b"))));
        }
        return chart;
    }

    private static BarChart.Value value(JsonNode spread) {
        return new BarChart.Value(
                spread.path("median").doubleValue(),
                spread.path("min").doubleValue(),
                spread.path("max").doubleValue());
    }
}

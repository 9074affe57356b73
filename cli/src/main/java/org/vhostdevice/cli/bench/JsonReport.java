package org.vhostdevice.cli.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/// Results as programs read them; the words are fio's where it has some.
final class JsonReport {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private JsonReport() {}

    /// The jobs of one back end.
    ///
    /// @param ceilings of each job, what was measured without a device
    static String single(List<Measurement> results, List<List<Measurement>> ceilings) {
        ArrayNode jobs = NODES.arrayNode();
        for (int i = 0; i < results.size(); i++) {
            ObjectNode job = result(results.get(i));
            putCeiling(job, ceilings.get(i));
            jobs.add(job);
        }
        return NODES.objectNode().set("jobs", jobs).toPrettyString();
    }

    private static void putCeiling(ObjectNode job, List<Measurement> ceiling) {
        if (!ceiling.isEmpty()) {
            job.set("without_device", results(ceiling));
        }
    }

    /// The jobs of two commands, with all rounds.
    ///
    /// @param ceilings of each job, what was measured without a device
    static String compared(
            List<String> commands, List<Comparison<Measurement>> comparisons, List<List<Measurement>> ceilings) {
        ObjectNode root = NODES.objectNode();
        root.put("a", commands.getFirst()).put("b", commands.getLast());
        ArrayNode jobs = root.putArray("jobs");
        for (int i = 0; i < comparisons.size(); i++) {
            Comparison<Measurement> both = comparisons.get(i);
            ObjectNode job = describe(both.a().getFirst().job());
            job.set("iops", sides(both, result -> result.report().iops()));
            job.set("lat_usec_p99", sides(both, result -> result.latencyMicros(99)));
            job.set("cpu_usec_per_request", sides(both, Measurement::cpuMicros));
            job.set("a", results(both.a()));
            job.set("b", results(both.b()));
            putCeiling(job, ceilings.get(i));
            jobs.add(job);
        }
        return root.toPrettyString();
    }

    /// The starts of each command.
    static String starts(List<List<Start>> commands) {
        ArrayNode all = NODES.arrayNode();
        for (List<Start> starts : commands) {
            ObjectNode one = NODES.objectNode();
            one.set("ready_msec", spread(Comparison.spread(starts, Start::millis)));
            one.set("resident_mib", spread(Comparison.spread(starts, Start::mebibytes)));
            all.add(one);
        }
        return NODES.objectNode().set("commands", all).toPrettyString();
    }

    private static ArrayNode results(List<Measurement> results) {
        ArrayNode array = NODES.arrayNode();
        results.forEach(result -> array.add(result(result)));
        return array;
    }

    private static ObjectNode result(Measurement result) {
        var report = result.report();
        ObjectNode node = describe(result.job())
                .put("total_ios", report.requests())
                .put("write_ios", report.writes())
                .put("runtime_nsec", report.elapsedNanos())
                .put("iops", report.iops())
                .put("bw_bytes", report.bandwidth());
        ObjectNode latency = node.putObject("lat_ns")
                .put("mean", report.latency().mean())
                .put("max", report.latency().max());
        ObjectNode percentiles = latency.putObject("percentile");
        for (double percent : TextReport.PERCENTILES) {
            percentiles.put(
                    String.format(Locale.ROOT, "%.6f", percent),
                    report.latency().percentile(percent));
        }
        put(node, "cpu_usec_per_request", result.cpuMicros());
        put(node, "cpu_share", result.cpuShare());
        put(node, "fairness", report.fairness());
        return node;
    }

    private static ObjectNode describe(Job job) {
        return NODES.objectNode()
                .put("rw", job.word())
                .put("bs", job.blockBytes())
                .put("iodepth", job.depth());
    }

    private static ObjectNode sides(Comparison<Measurement> both, ToDoubleFunction<Measurement> value) {
        ObjectNode node = NODES.objectNode();
        node.set("a", spread(Comparison.spread(both.a(), value)));
        node.set("b", spread(Comparison.spread(both.b(), value)));
        node.set("ratio", spread(both.ratio(value)));
        return node;
    }

    private static ObjectNode spread(Spread spread) {
        ObjectNode node = NODES.objectNode();
        put(node, "median", spread.median());
        put(node, "min", spread.min());
        put(node, "max", spread.max());
        return node;
    }

    /// JSON has no word for a number that is not known but null.
    private static void put(ObjectNode node, String name, double value) {
        if (Double.isFinite(value)) {
            node.put(name, value);
        } else {
            node.putNull(name);
        }
    }
}

package org.vhostdevice.cli.bench;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.vhostdevice.core.frontend.LoadReport;

/// Results as people read them.
final class TextReport {
    /// The percentiles that fio prints.
    static final List<Double> PERCENTILES = List.of(
            1.0, 5.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 95.0, 99.0, 99.5, 99.9, 99.95, 99.99);

    private static final double MIB = 1 << 20;
    private static final double MEGA = 1e6;
    private static final double MICRO = 1e3;
    private static final int PERCENT = 100;
    private static final int COLUMNS = 4;
    private static final String ROW = "%-26s %10s %10s  %-20s %9s %9s %8s %8s  %s%n";

    private TextReport() {}

    /// One job, as fio shows it.
    static String single(Measurement result) {
        var report = result.report();
        StringBuilder text = new StringBuilder();
        text.append(String.format(
                Locale.ROOT,
                "%s: bs=%s, iodepth=%d%n",
                result.job().word(),
                result.job().blockSize(),
                result.job().depth()));
        long reads = report.requests() - report.writes();
        if (reads > 0 || report.requests() == 0) {
            text.append(direction("read", reads, report));
        }
        if (report.writes() > 0) {
            text.append(direction("write", report.writes(), report));
        }
        text.append(String.format(
                Locale.ROOT,
                "    lat (usec): avg=%.1f, max=%.1f%n",
                report.latency().mean() / MICRO,
                report.latency().max() / MICRO));
        text.append(percentiles(result)).append(cpu(result));
        if (report.fairness() < 1) {
            text.append(String.format(
                    Locale.ROOT,
                    "  fairness: the slowest connection had %.0f%% of the mean%n",
                    report.fairness() * PERCENT));
        }
        return text.toString();
    }

    private static String direction(String word, long requests, LoadReport report) {
        double share = report.requests() == 0 ? 0 : (double) requests / report.requests();
        return String.format(
                Locale.ROOT,
                "  %s: IOPS=%,.0f, BW=%,.1fMiB/s (%,.1fMB/s), %,d requests in %.0f ms%n",
                word,
                share * report.iops(),
                share * report.bandwidth() / MIB,
                share * report.bandwidth() / MEGA,
                requests,
                report.elapsedNanos() / MEGA);
    }

    private static String percentiles(Measurement result) {
        StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "    lat percentiles (usec):%n"));
        for (int i = 0; i < PERCENTILES.size(); i++) {
            double percent = PERCENTILES.get(i);
            boolean ends = i % COLUMNS == COLUMNS - 1 || i == PERCENTILES.size() - 1;
            text.append(i % COLUMNS == 0 ? "     | " : ", ")
                    .append(String.format(Locale.ROOT, "%5.2fth=[%9.1f]", percent, result.latencyMicros(percent)))
                    .append(ends ? String.format(Locale.ROOT, "%n") : "");
        }
        return text.toString();
    }

    private static String cpu(Measurement result) {
        return result.cpu().isEmpty()
                ? String.format(Locale.ROOT, "  cpu: unknown; name the back end's process with --pid%n")
                : String.format(
                        Locale.ROOT,
                        "  cpu: back end %.1f%% of one processor, %.2f usec a request%n",
                        result.cpuShare() * PERCENT,
                        result.cpuMicros());
    }

    /// Which letter is which command.
    static String commands(List<String> commands) {
        return String.format(Locale.ROOT, "A: %s%nB: %s%n", commands.getFirst(), commands.getLast());
    }

    /// Both commands beside each other, one row for each job.
    static String compared(List<Comparison<Measurement>> comparisons) {
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "Medians of %d rounds; A/B is the median of the rounds' ratios (least..greatest); p99 and cpu in"
                        + " usec%n%n",
                comparisons.getFirst().a().size()));
        text.append(String.format(
                Locale.ROOT, ROW, "job", "IOPS A", "IOPS B", "A/B", "p99 A", "p99 B", "cpu A", "cpu B", "cpu A/B"));
        for (Comparison<Measurement> both : comparisons) {
            ToDoubleFunction<Measurement> iops = result -> result.report().iops();
            ToDoubleFunction<Measurement> p99 = result -> result.latencyMicros(99);
            text.append(String.format(
                    Locale.ROOT,
                    ROW,
                    both.a().getFirst().job(),
                    median("%.0f", both.a(), iops),
                    median("%.0f", both.b(), iops),
                    ratio(both.ratio(iops)),
                    median("%.1f", both.a(), p99),
                    median("%.1f", both.b(), p99),
                    median("%.2f", both.a(), Measurement::cpuMicros),
                    median("%.2f", both.b(), Measurement::cpuMicros),
                    ratio(both.ratio(Measurement::cpuMicros))));
        }
        return text.append(fairness(comparisons)).toString();
    }

    /// Jobs of which a connection had less than another.
    private static String fairness(List<Comparison<Measurement>> comparisons) {
        ToDoubleFunction<Measurement> fairness = result -> result.report().fairness();
        StringBuilder text = new StringBuilder();
        for (Comparison<Measurement> both : comparisons) {
            if (Stream.concat(both.a().stream(), both.b().stream())
                    .anyMatch(result -> fairness.applyAsDouble(result) < 1)) {
                text.append(String.format(
                        Locale.ROOT,
                        "%s: slowest connection/mean A %s, B %s%n",
                        both.a().getFirst().job(),
                        median("%.2f", both.a(), fairness),
                        median("%.2f", both.b(), fairness)));
            }
        }
        return text.toString();
    }

    /// One job without a device; nothing if it was not done.
    static String ceiling(List<Measurement> rounds) {
        if (rounds.isEmpty()) {
            return "";
        }
        Spread iops = Comparison.spread(rounds, result -> result.report().iops());
        return String.format(
                Locale.ROOT,
                "%s without a device: IOPS %.0f (%.0f..%.0f), p99 %s usec, slowest/mean %s%n",
                rounds.getFirst().job(),
                iops.median(),
                iops.min(),
                iops.max(),
                median("%.1f", rounds, result -> result.latencyMicros(99)),
                median("%.2f", rounds, result -> result.report().fairness()));
    }

    /// The starts of each command.
    static String starts(List<List<Start>> commands) {
        StringBuilder text = new StringBuilder();
        for (int side = 0; side < commands.size(); side++) {
            List<Start> starts = commands.get(side);
            Spread time = Comparison.spread(starts, Start::millis);
            Spread memory = Comparison.spread(starts, Start::mebibytes);
            text.append(commands.size() == 1 ? "" : "AB".charAt(side) + ": ")
                    .append(String.format(
                            Locale.ROOT,
                            "median of %d: socket ready after %.0f ms (%.0f..%.0f), resident memory %.1f MiB"
                                    + " (%.1f..%.1f)%n",
                            starts.size(),
                            time.median(),
                            time.min(),
                            time.max(),
                            memory.median(),
                            memory.min(),
                            memory.max()));
        }
        return text.toString();
    }

    private static String median(String form, List<Measurement> side, ToDoubleFunction<Measurement> value) {
        return String.format(Locale.ROOT, form, Comparison.spread(side, value).median());
    }

    private static String ratio(Spread spread) {
        return String.format(Locale.ROOT, "%.2f (%.2f..%.2f)", spread.median(), spread.min(), spread.max());
    }
}

package org.vhostdevice.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.vhostdevice.core.frontend.LatencyHistogram;
import org.vhostdevice.core.frontend.LoadReport;

class ReportTest {
    private static final Job JOB = new Job(Rw.RANDREAD, 4096, 1);

    /// A second in which requests of 10 microseconds each were made.
    private static Measurement second(int requests, Duration cpu) {
        LatencyHistogram latency = new LatencyHistogram();
        for (int i = 0; i < requests; i++) {
            latency.record(10_000);
        }
        LoadReport report = new LoadReport(requests, 0, 0, (long) requests * JOB.blockBytes(), 1_000_000_000, latency);
        return new Measurement(JOB, report, Optional.ofNullable(cpu));
    }

    @Test
    void oneJobReadsLikeFio() {
        String text = TextReport.single(second(256, Duration.ofMillis(128)));
        for (String words : List.of(
                "randread: bs=4k, iodepth=1",
                "read: IOPS=256, BW=1.0MiB/s (1.0MB/s), 256 requests in 1000 ms",
                "lat (usec): avg=10.0, max=10.0",
                "50.00th=[     10.0]",
                "99.99th=[     10.0]",
                "cpu: back end 12.8% of one processor, 500.00 usec a request")) {
            assertTrue(text.contains(words), words + " in " + text);
        }
    }

    @Test
    void unknownCpuIsSaidAndNullInJson() throws Exception {
        Measurement unknown = second(10, null);
        assertTrue(TextReport.single(unknown).contains("cpu: unknown"));
        JsonNode job = new ObjectMapper()
                .readTree(JsonReport.single(List.of(unknown), List.of(List.of())))
                .path("jobs")
                .path(0);
        assertTrue(job.path("cpu_usec_per_request").isNull());
        assertEquals(10, job.path("total_ios").intValue());
        assertEquals(
                10_000, job.path("lat_ns").path("percentile").path("99.000000").intValue());
    }

    @Test
    void comparisonShowsMediansAndRatiosWithTheirSpread() throws Exception {
        Duration cpu = Duration.ofMillis(1);
        Comparison<Measurement> both = new Comparison<>(
                List.of(second(100, cpu), second(300, cpu), second(200, cpu)),
                List.of(second(100, cpu), second(100, cpu), second(100, cpu)));
        String text = TextReport.compared(List.of(both));
        assertTrue(text.contains("2.00 (1.00..3.00)"), text);
        assertTrue(text.contains("0.50 (0.33..1.00)"), text);
        JsonNode job = new ObjectMapper()
                .readTree(JsonReport.compared(List.of("x", "y"), List.of(both), List.of(List.of(second(7, cpu)))))
                .path("jobs")
                .path(0);
        assertEquals(2, job.path("iops").path("ratio").path("median").doubleValue());
        assertEquals(3, job.path("a").size());
        assertEquals(7, job.path("without_device").path(0).path("total_ios").intValue());
    }

    @Test
    void connectionThatGetsLessThanOthersShows() {
        Measurement even = second(100, null);
        Measurement uneven = new Measurement(JOB, even.report().by(50, 100, 150), Optional.empty());
        assertTrue(TextReport.single(uneven).contains("the slowest connection had 50% of the mean"));
        assertFalse(TextReport.single(even).contains("fairness"));
        String both = TextReport.compared(List.of(new Comparison<>(List.of(uneven), List.of(even))));
        assertTrue(both.contains("slowest connection/mean A 0.50, B 1.00"), both);
        String ceiling = TextReport.ceiling(List.of(uneven, uneven));
        assertTrue(
                ceiling.contains("without a device: IOPS 100 (100..100), p99 10.0 usec, slowest/mean 0.50"), ceiling);
        assertEquals("", TextReport.ceiling(List.of()));
    }

    @Test
    void startsHaveTimeAndMemory() {
        List<Start> starts =
                List.of(new Start(Duration.ofMillis(30), 5 << 20), new Start(Duration.ofMillis(10), 3 << 20));
        String text = TextReport.starts(List.of(starts, starts));
        String line = "median of 2: socket ready after 20 ms (10..30), resident memory 4.0 MiB (3.0..5.0)";
        assertEquals(List.of("A: " + line, "B: " + line), text.lines().toList());
    }
}

package org.vhostdevice.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vhostdevice.core.device.DeviceArguments;
import org.vhostdevice.core.device.VirtioDevice;
import picocli.CommandLine;

/// Load by the command, on our own block device.
class BenchTest {
    private static final int DISK_BYTES = 1 << 20;

    @TempDir
    private Path folder;

    private Path image;

    @BeforeEach
    void makeImage() throws Exception {
        image = Files.write(folder.resolve("disk.img"), new byte[DISK_BYTES]);
    }

    /// A command that serves the image.
    private String serve() {
        return "'" + Path.of(System.getProperty("java.home"), "bin", "java")
                + "' -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED -cp '"
                + System.getProperty("java.class.path") + "' " + Main.class.getName()
                + " blk --log-level warn --socket {socket} --blk-file '" + image + "'";
    }

    /// Measures a device that this process serves.
    private CommandRun benchHere(String... more) throws Exception {
        Path socket = folder.resolve("s");
        DeviceArguments arguments = Devices.named("blk").arguments();
        CommandLine.ParseResult _ = new CommandLine(arguments).parseArgs("--blk-file", image.toString());
        try (VirtioDevice device = arguments.open();
                LocalServer server = new LocalServer(device, socket)) {
            CommandRun run = CommandRun.of(bench(more, "--socket", socket.toString()));
            server.stop();
            return run;
        }
    }

    private static String[] bench(String[] more, String... target) {
        String[] args = new String[1 + target.length + more.length];
        args[0] = "bench";
        System.arraycopy(target, 0, args, 1, target.length);
        System.arraycopy(more, 0, args, 1 + target.length, more.length);
        return args;
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "--rw read --bs 8k --iodepth 4",
        "--rw randwrite --verify --num-queues 3",
        "--rw randread --verify --size 64k --poll",
        "--rw write --verify --no-indirect --notify pipe --iodepth 100",
        "--rw randread --no-event-idx --ramp 0",
        "--rw randrw --rwmixread 70 --verify --packed --device blk",
        "--rw randrw --no-indirect --in-order --iodepth 40",
        "--rw read --packed --in-order --poll --iodepth 600",
        "--rw randwrite --packed --no-event-idx",
    })
    void eachKindOfLoadIsMeasured(String options) throws Exception {
        CommandRun run = benchHere(
                (options + " --runtime 20ms" + (options.contains("--ramp") ? "" : " --ramp 10ms")).split(" "));
        assertEquals("", run.err());
        assertEquals(0, run.status());
        assertTrue(run.out().contains("IOPS=") && run.out().contains("99.00th"), run.out());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "--rwmixread 101 --rw randrw, 0 to 100",
        "--rwmixread 10, goes with randrw",
        "--rw randread --iodepth 20000 --no-indirect, use more queues",
        "--device tape, tape",
        "--job randtrim:4k:1, randrw",
        "--job read:4k:0, 0 requests",
        "--job read:4k:-1, -1 requests",
        "--job read:100:1, multiple of 512"
    })
    void whatCannotBeIsSaidInOneLine(String options, String word) {
        CommandRun run = CommandRun.of(bench(options.split(" "), "--socket", "s"));
        assertEquals(2, run.status());
        assertTrue(run.err().contains(word), run.err());
    }

    @Test
    void aMixtureIsReportedInBothDirections() throws Exception {
        CommandRun run = benchHere("--rw", "randrw", "--runtime", "50ms", "--ramp", "0");
        assertEquals(0, run.status(), run.err());
        assertTrue(run.out().contains("  read: IOPS=") && run.out().contains("  write: IOPS="), run.out());
    }

    @Test
    void sizeKeepsTheRestOfTheDiskUntouched() throws Exception {
        CommandRun run =
                benchHere("--job", "randwrite:4k:8", "--verify", "--size", "512k", "--runtime", "20ms", "--ramp", "0");
        assertEquals(0, run.status(), run.err());
        byte[] disk = Files.readAllBytes(image);
        byte[] second = Arrays.copyOfRange(disk, DISK_BYTES / 2, DISK_BYTES);
        assertArrayEquals(new byte[DISK_BYTES / 2], second);
        for (int block = 0; block < DISK_BYTES / 2; block += 4096) {
            assertFalse(disk[block + 8] == 0 && disk[block + 9] == 0 && disk[block + 10] == 0, "block at " + block);
        }
    }

    @Test
    void failedRequestsAreAFailure() throws Exception {
        CommandRun run = benchHere("--bs", "2M", "--runtime", "20ms");
        assertEquals(1, run.status());
        assertTrue(run.err().contains("smaller than a block"), run.err());
    }

    @Test
    void commandIsStartedMeasuredAndEnded() throws Exception {
        CommandRun run = CommandRun.of(
                "bench", "--command", serve(), "--runtime", "50ms", "--ramp", "10ms", "--json", "--job", "read:4k:2");
        assertEquals("", run.err());
        assertEquals(0, run.status());
        JsonNode job = new ObjectMapper().readTree(run.out()).path("jobs").path(0);
        assertEquals("read", job.path("rw").textValue());
        assertTrue(job.path("total_ios").intValue() > 0, run.out());
        assertTrue(job.path("cpu_usec_per_request").isNumber(), run.out());
        assertEquals(0, ProcessHandle.current().children().count());
    }

    @Test
    void twoCommandsThatLockTheSameImageAreComparedInTurns() throws Exception {
        CommandRun run = CommandRun.of(bench(
                new String[] {"--rounds", "2", "--runtime", "20ms", "--ramp", "0"}, "--compare", serve(), serve()));
        assertEquals("", run.err());
        assertEquals(0, run.status());
        assertTrue(run.out().contains("Medians of 2 rounds"), run.out());
        assertTrue(run.out().contains("randread 4k depth 32 "), run.out());
    }

    @Test
    void startIsMeasuredWithoutLoad() throws Exception {
        CommandRun run = CommandRun.of("bench", "--startup", "--rounds", "1", "--command", serve());
        assertEquals("", run.err());
        assertTrue(run.out().matches("median of 1: socket ready after .* MiB .*\\R"), run.out());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"false {socket}, status 1", "echo gone >&2 {socket} && false, gone", "exit 3 {socket}, status 3"})
    void commandThatEndsEarlyIsAFailureWithItsWords(String command, String word) {
        String shell = "sh -c '" + command + "'";
        CommandRun run = CommandRun.of("bench", "--command", shell);
        assertEquals(1, run.status());
        assertTrue(run.err().contains(word), run.err());
        assertEquals(1, run.err().lines().count(), run.err());
    }

    @Test
    void socketThatNobodyServesIsAFailure() {
        CommandRun run =
                CommandRun.of("bench", "--socket", folder.resolve("none").toString());
        assertEquals(1, run.status());
        assertTrue(run.err().contains("none"), run.err());
    }
}

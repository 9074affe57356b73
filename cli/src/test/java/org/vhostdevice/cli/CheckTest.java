package org.vhostdevice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.device.DeviceArguments;
import org.vhostdevice.core.sys.Capability;
import picocli.CommandLine;

/// Checks by the command, of our own block device in a process of its own, and of back ends that are none. Some are
/// run at the same time, since they wait for most of it.
class CheckTest {
    private static final int DISK_BYTES = 1 << 20;

    @TempDir
    private Path folder;

    private Path image;

    @BeforeEach
    void makeImage() throws Exception {
        image = Files.write(folder.resolve("disk.img"), new byte[DISK_BYTES]);
    }

    /// A command that serves the image.
    private String serve(String more) {
        return command("--blk-file '" + image + "' " + more);
    }

    /// A command that serves a disk.
    private static String command(String more) {
        return program("blk " + more);
    }

    /// A command that serves a device of this program.
    private static String program(String device) {
        return "'" + Path.of(System.getProperty("java.home"), "bin", "java")
                + "' -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED -cp '"
                + System.getProperty("java.class.path") + "' " + Main.class.getName()
                + " " + device + " --log-level error --socket {socket}";
    }

    /// Each kind of ring, of notification, of image and of engine, and each way past the page cache, with each of the
    /// others once.
    @ParameterizedTest(name = "{0} by {1}, {2} {3}")
    @CsvSource({
        "raw, io_uring, --split --notify eventfd, ''",
        "qcow2, threads, --packed --notify pipe, ''",
        "qcow2, threads, --split --notify eventfd, --cache none",
        "raw, io_uring, --packed --notify pipe, --cache none",
        "raw, threads, --split --notify pipe, --cache writethrough --discard ignore --detect-zeroes unmap",
        "qcow2, io_uring, --packed --notify eventfd, --cache writethrough",
    })
    @Execution(ExecutionMode.CONCURRENT)
    void blockDeviceObeysEveryMust(String format, String engine, String options, String way) throws Exception {
        assumeTrue(engine.equals("threads") || Capability.IO_URING.available(), "this host has no io_uring");
        Path disk = format.equals("raw") ? image : makeQcow2();
        String serve = "--blk-file '" + disk + "' --format " + format + " --io-engine " + engine + " " + way;
        assertObeysEveryMust("blk", options, command(serve));
    }

    static Stream<Arguments> media() {
        return options()
                .flatMap(options -> Stream.of("raw", "qcow2")
                        .flatMap(format ->
                                Stream.of("io_uring", "threads").map(engine -> Arguments.of(format, engine, options))));
    }

    static Stream<String> options() {
        return Stream.of("--split", "--packed")
                .flatMap(ring -> Stream.of("eventfd", "pipe").map(notify -> ring + " --notify " + notify));
    }

    @ParameterizedTest(name = "{0} by {1}, {2}")
    @MethodSource("media")
    @Tag("slow")
    @Execution(ExecutionMode.CONCURRENT)
    void blockDeviceObeysEveryMustWithAll(String format, String engine, String options) throws Exception {
        blockDeviceObeysEveryMust(format, engine, options, "");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--split --notify eventfd", "--packed --notify pipe"})
    @Execution(ExecutionMode.CONCURRENT)
    void fileSystemDeviceObeysEveryMust(String options) throws Exception {
        Path share = Files.createDirectory(folder.resolve("share"));
        assertObeysEveryMust("fs", options, program("fs --sandbox none --tag host --shared-dir '" + share + "'"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--split --notify pipe", "--packed --notify eventfd"})
    @Execution(ExecutionMode.CONCURRENT)
    void consoleDeviceObeysEveryMust(String options) throws Exception {
        String ports = "--port backend=file:'" + folder.resolve("console") + "',size=80x24 --port backend=file:'"
                + folder.resolve("agent") + "',name=agent --port backend=null,name=null --max-ports 5";
        assertObeysEveryMust("console", options, program("console " + ports));
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void consoleWithoutControlQueuesObeysEveryMust() throws Exception {
        assertObeysEveryMust(
                "console", "--split --notify eventfd", program("console --port backend=null --overflow drop-oldest"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--split --notify eventfd", "--packed --notify pipe"})
    @Execution(ExecutionMode.CONCURRENT)
    void socketDeviceObeysEveryMust(String options) throws Exception {
        Path path = folder.resolve("vsock");
        assertObeysEveryMust("vsock", options + " --vsock-uds " + path, program("vsock --uds-path '" + path + "'"));
    }

    @ParameterizedTest
    @MethodSource("options")
    @Tag("slow")
    @Execution(ExecutionMode.CONCURRENT)
    void otherDevicesObeyEveryMustWithAll(String options) throws Exception {
        fileSystemDeviceObeysEveryMust(options);
        consoleDeviceObeysEveryMust(options);
        socketDeviceObeysEveryMust(options);
    }

    private Path makeQcow2() throws Exception {
        Path disk = folder.resolve("disk.qcow2");
        DeviceArguments arguments = Devices.named("blk").arguments();
        CommandLine.ParseResult _ = new CommandLine(arguments)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .parseArgs("--blk-file", disk.toString(), "--create", "1M", "--format", "qcow2");
        arguments.open().close();
        return disk;
    }

    private static void assertObeysEveryMust(String device, String options, String command) throws Exception {
        CommandRun run = CommandRun.of(Stream.concat(
                        Stream.of(("check --json --destructive --timeout 20 " + options + " --command").split(" ")),
                        Stream.of(command))
                .toArray(String[]::new));
        assertEquals("", run.err());
        JsonNode report = new ObjectMapper().readTree(run.out());
        StringBuilder failed = new StringBuilder();
        for (JsonNode result : report.path("results")) {
            if (result.path("outcome").textValue().equals("fail")) {
                failed.append(result).append('\n');
            }
        }
        assertEquals("", failed.toString());
        assertEquals(0, run.status());
        assertEquals(device, report.path("device").textValue());
        assertTrue(report.path("summary").path("passed").intValue() > 100, run.out());
    }

    @Test
    void readOnlyDiskObeysEveryMust() {
        CommandRun run = CommandRun.of(
                "check", "--only", "blk", "--destructive", "--timeout", "20", "--command", serve("--read-only"));
        assertEquals("", run.err());
        assertEquals(0, run.status(), run.out());
        assertTrue(run.out().contains("ok   B4 "), run.out());
        assertTrue(run.out().contains("RO is offered"), run.out());
    }

    @Test
    void checksThatWriteNeedTheWord() {
        CommandRun run = CommandRun.of("check", "--only", "B19*,B9a", "--split", "--command", serve(""));
        assertEquals(0, run.status(), run.out());
        assertTrue(run.out().contains("give --destructive"), run.out());
        assertTrue(run.out().contains("0 passed"), run.out());
    }

    @Test
    void mediumIsChangedByACommand() throws Exception {
        Path mark = folder.resolve("mark");
        String[] check = {"check", "--only", "B12", "--split", "--timeout", "4", "--command", serve(""), "--resize"};
        CommandRun run = CommandRun.of(Stream.concat(Arrays.stream(check), Stream.of("touch '" + mark + "'"))
                .toArray(String[]::new));
        assertEquals(0, run.status(), run.out());
        assertTrue(Files.exists(mark), run.out());
        assertTrue(run.out().contains("the capacity stays as it is"), run.out());
        CommandRun failing = CommandRun.of(
                Stream.concat(Arrays.stream(check), Stream.of("exit 3")).toArray(String[]::new));
        assertTrue(failing.out().contains("--resize ended with status 3"), failing.out());
        CommandRun alone = CommandRun.of("check", "--socket", mark.toString(), "--resize", "true");
        assertEquals(2, alone.status(), alone.err());
    }

    @Test
    void checksAreListed() throws Exception {
        CommandRun text = CommandRun.of("check", "--list", "--only", "u8?");
        assertEquals(0, text.status());
        assertTrue(text.out().contains("U8e") && !text.out().contains("U18"), text.out());
        CommandRun json = CommandRun.of("check", "--list", "--json");
        JsonNode first = new ObjectMapper().readTree(json.out()).path(0);
        assertEquals("U16a", first.path("id").textValue());
        assertEquals("must", first.path("level").textValue());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"false {socket}, status 1", "echo gone >&2 {socket} && false, gone"})
    void commandThatServesNothingIsAFailure(String command, String word) {
        CommandRun run = CommandRun.of("check", "--command", "sh -c '" + command + "'");
        assertEquals(1, run.status());
        assertTrue(run.err().contains(word), run.err());
        assertEquals(1, run.err().lines().count(), run.err());
    }

    @Test
    void socketThatNobodyServesIsAFailure() {
        CommandRun run = CommandRun.of(
                "check", "--timeout", "0.05", "--socket", folder.resolve("none").toString());
        assertEquals(1, run.status());
        assertTrue(run.err().contains("none"), run.err());
    }
}

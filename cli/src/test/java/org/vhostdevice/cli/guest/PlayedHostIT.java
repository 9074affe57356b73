package org.vhostdevice.cli.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Devices and front end, both with no more of this host than another one has")
class PlayedHostIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    /// A device, and what is done with it.
    ///
    /// @param serve its command, with `{}` for the folder of the test
    /// @param use the commands of the front end, with the same
    record Trial(String serve, List<String> use) {
        @Override
        public String toString() {
            return serve.substring(0, serve.indexOf(' '));
        }
    }

    private static final String LOAD = " --runtime 150ms --ramp 0";

    private static final List<Trial> TRIALS = List.of(
            new Trial(
                    "blk --socket {}/s --blk-file {}/disk --create 16M",
                    List.of(
                            "bench --socket {}/s --rw randwrite --bs 16k --iodepth 8 --verify" + LOAD,
                            "bench --socket {}/s --rw randrw --bs 4k --packed --verify" + LOAD)),
            new Trial(
                    "fs --socket {}/s --shared-dir {}/shared",
                    List.of(
                            "bench --device fs --socket {}/s --rw write --bs 64k --size 1M --verify" + LOAD,
                            "bench --device fs --socket {}/s --job meta:4k:2" + LOAD)),
            new Trial(
                    "vsock --socket {}/s --guest-cid 3 --uds-path {}/v",
                    List.of(
                            "bench --device vsock --socket {}/s --vsock-uds {}/v --rw randrw --bs 3000" + LOAD,
                            "bench --device vsock --socket {}/s --vsock-uds {}/v --rw read --bs 64k" + LOAD)),
            new Trial(
                    "console --socket {}/s --port backend=unix:{}/tty",
                    List.of(
                            "bench --device console --socket {}/s --console-peer {}/tty --rw read --bs 1000" + LOAD,
                            "check --device console --socket {}/s --only U*")));

    static Stream<Arguments> trials() {
        return Stream.of("macos", "freebsd").flatMap(host -> TRIALS.stream().map(trial -> Arguments.of(host, trial)));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource
    void trials(String host, Trial trial) throws Exception {
        Files.createDirectory(folder.resolve("shared"));
        ProcessBuilder serve = HostProgram.ofThisBuild(host).with(words(trial.serve()));
        try (BackEndProcess backEnd = BackEndProcess.start(serve, folder.resolve("s"))) {
            for (String command : trial.use()) {
                use(host, command);
            }
            assertEquals(0, backEnd.terminate());
        }
    }

    private List<String> words(String command) {
        return List.of(command.replace("{}", folder.toString()).split(" ", -1));
    }

    private void use(String host, String command) throws IOException, InterruptedException {
        Path output = folder.resolve("output");
        Process process = HostProgram.ofThisBuild(host)
                .with(words(command))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        boolean ended = process.waitFor(LIMIT);
        process.destroyForcibly();
        String text = Files.readString(output, StandardCharsets.UTF_8);
        assertTrue(ended && process.exitValue() == 0, () -> command + "\n" + text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"macos", "freebsd"})
    void quickstartWorks(String host) throws Exception {
        use(host, "quickstart");
        assertTrue(Files.readString(folder.resolve("output")).contains("equal"));
    }
}

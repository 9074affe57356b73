package org.vhostdevice.vsock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vhostdevice.core.device.UsageException;
import picocli.CommandLine;

class VsockArgsTest {
    @TempDir
    private Path folder;

    private VsockArgs parse(String... options) {
        VsockArgs arguments = new VsockArgs();
        List<String> all = new ArrayList<>(List.of(options));
        if (!all.contains("--uds-path")) {
            all.addAll(List.of("--uds-path", folder.resolve("v").toString()));
        }
        CommandLine.ParseResult _ = new CommandLine(arguments).parseArgs(all.toArray(String[]::new));
        return arguments;
    }

    @Test
    void defaultsAreThoseOfTheDocument() throws Exception {
        assertEquals(new VsockConfig(3, folder.resolve("v"), 256 << 10, 1024, 16384), parse().config());
    }

    @Test
    void everyOptionIsTaken() throws Exception {
        VsockArgs arguments = parse(
                "--guest-cid",
                "4294967294",
                "--tx-buffer-size",
                "5000",
                "--queue-size",
                "256",
                "--max-connections",
                "7");
        assertEquals(new VsockConfig(4294967294L, folder.resolve("v"), 5000, 256, 7), arguments.config());
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({
        "--guest-cid, 0, reserved",
        "--guest-cid, 1, reserved",
        "--guest-cid, 2, reserved",
        "--guest-cid, 4294967295, reserved",
        "--guest-cid, 4294967299, reserved",
        "--guest-cid, -1, reserved",
        "--tx-buffer-size, 4095, 4096 to 1073741824",
        "--tx-buffer-size, 2G, 4096 to 1073741824",
        "--tx-buffer-size, 8E, is not a size",
        "--queue-size, 0, 1 to 32768",
        "--queue-size, 1000, power of two",
        "--queue-size, 65536, 1 to 32768",
        "--max-connections, 0, 1 to 1000000",
        "--max-connections, 1000001, 1 to 1000000",
    })
    void wrongValuesAreNamed(String option, String value, String reason) {
        UsageException e =
                assertThrows(UsageException.class, () -> parse(option, value).config());
        assertTrue(e.getMessage().contains(reason), e.getMessage());
    }

    @Test
    void pathIsNeededAndLeavesRoomForPorts() {
        UsageException missing = assertThrows(UsageException.class, () -> new VsockArgs().config());
        assertTrue(missing.getMessage().contains("--uds-path"), missing.getMessage());
        UsageException tooLong = assertThrows(
                UsageException.class,
                () -> parse("--uds-path", "/" + "x".repeat(99)).config());
        assertTrue(tooLong.getMessage().contains("ports are appended"), tooLong.getMessage());
    }

    @Test
    void socketFilesAreThereWhileTheDeviceIs() throws Exception {
        try (var _ = parse().open()) {
            assertTrue(Files.exists(folder.resolve("v")));
        }
        try (Stream<Path> left = Files.list(folder)) {
            assertFalse(left.findAny().isPresent());
        }
    }
}

package org.vhostdevice.cli.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Conformance checks of the block device while its bytes lie with an NBD server.
class NbdCheckIT {
    private static final long DISK_BYTES = 1 << 20;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"--split --notify pipe", "--packed --notify eventfd"})
    void exportObeysEveryMust(String options) throws IOException {
        Path file = folder.resolve("disk.img");
        var _ = BlkImage.raw(file, DISK_BYTES);
        try (NbdServer server = NbdServer.start(folder, file)) {
            List<String> serve = HostProgram.ofThisBuild()
                    .with(List.of("blk", "--log-level", "error", "--socket", "{socket}", "--blk-file", server.uri()))
                    .command();
            List<String> check = new ArrayList<>(List.of("check", "--destructive", "--timeout", "20"));
            check.addAll(List.of(options.split(" ")));
            check.addAll(List.of("--command", "'" + String.join("' '", serve) + "'"));
            HostCommand.Outcome outcome =
                    HostCommand.run(HostProgram.ofThisBuild().with(check));
            assertEquals(0, outcome.status(), outcome.output());
            assertFalse(outcome.output().contains(" 0 passed"), outcome.output());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"--split --notify eventfd", "--packed --notify pipe"})
    @Tag("slow")
    void exportObeysEveryMustTheOtherWayRound(String options) throws IOException {
        exportObeysEveryMust(options);
    }
}

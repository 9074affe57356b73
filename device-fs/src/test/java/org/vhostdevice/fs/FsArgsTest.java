package org.vhostdevice.fs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.fs.fuse.CachePolicy;
import picocli.CommandLine;

/// Options and what they say.
class FsArgsTest {
    private static FsConfig parse(String... words) throws UsageException {
        FsArgs args = new FsArgs();
        new CommandLine(CommandLine.Model.CommandSpec.forAnnotatedObjectLenient(args))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .parseArgs(words);
        return args.config();
    }

    @Test
    void onlyTheDirectoryIsNeeded() throws UsageException {
        FsConfig config = parse("--shared-dir", "/srv");
        assertEquals(new FsConfig(Path.of("/srv"), null, 1, 0, CachePolicy.AUTO, false, false), config);
    }

    @Test
    void eachOptionIsTaken() throws UsageException {
        FsConfig config = parse(
                "--shared-dir=/srv",
                "--tag=host",
                "--num-request-queues=4",
                "--thread-pool-size=8",
                "--cache=never",
                "--readonly",
                "--xattr");
        assertEquals(new FsConfig(Path.of("/srv"), "host", 4, 8, CachePolicy.NEVER, true, true), config);
    }

    @ParameterizedTest
    @CsvSource({
        "--tag=, --tag",
        "--tag=1234567890123456789012345678901234567, 37",
        "--tag=ääääääääääääääääääa, 37",
        "--num-request-queues=0, --num-request-queues",
        "--num-request-queues=65, --num-request-queues",
        "--thread-pool-size=-1, --thread-pool-size",
        "--thread-pool-size=257, --thread-pool-size"
    })
    void whatCannotBeIsRefused(String option, String word) {
        var e = assertThrows(UsageException.class, () -> parse("--shared-dir=/srv", option));
        assertTrue(String.valueOf(e.getMessage()).contains(word), e.getMessage());
    }

    @Test
    void withoutADirectoryNothingIsShared() {
        var e = assertThrows(UsageException.class, () -> parse("--xattr"));
        assertTrue(String.valueOf(e.getMessage()).contains("--shared-dir"), e.getMessage());
    }
}

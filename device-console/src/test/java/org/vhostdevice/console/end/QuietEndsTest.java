package org.vhostdevice.console.end;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.testkit.OpenFiles;

/// What every end obeys at whose other side is nobody: it is open from the beginning, takes everything at once and has
/// nothing to say.
@Timeout(60)
class QuietEndsTest {
    private static final int MUCH = 1 << 20;

    @TempDir
    private Path folder;

    @ParameterizedTest(name = "backend={0}")
    @ValueSource(strings = {"null", "file:{}/out", "syslog"})
    void everythingIsTakenAndNothingSaid(String backend) throws Exception {
        int before = OpenFiles.count();
        EndOptions options =
                new EndOptions("test", TelnetMode.OFF, 0, 1, 0, EndOptions.Rotation.NONE, folder.resolve("log"));
        try (TestLoop loop = new TestLoop();
                HostEnd end = open(backend, options)) {
            end.start(loop, loop);
            end.wantInput(true);
            end.guestOpened(true);
            byte[] line = new byte[backend.equals("syslog") ? 100 : MUCH];
            assertTrue(new TestOutput(line).writeTo(end));
            assertEquals("", StreamEndContract.read(end));
            end.reopen();
            assertTrue(TestOutput.of("more").writeTo(end));
            end.guestOpened(false);
            end.wantInput(false);
            loop.idle();
            assertEquals(List.of("opened"), loop.told());
            assertEquals(0, loop.readableCount() + loop.writableCount());
        }
        boolean keepsSocket = backend.equals("syslog"); // the C library does, for the next line
        assertTrue(keepsSocket || before == OpenFiles.count());
    }

    private HostEnd open(String backend, EndOptions options) throws Exception {
        return Backend.parse(backend.replace("{}", folder.toString())).open(options);
    }
}

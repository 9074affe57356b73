package org.vhostdevice.core.check;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vhostdevice.core.testkit.VsockFault;
import org.vhostdevice.core.testkit.VsockTestDevice;

@Timeout(120)
class VsockChecksTest {
    @TempDir
    private Path directory;

    private CheckOptions options(Duration timeout) {
        return CheckRun.options(DeviceKind.VSOCK, timeout, directory.resolve("h"));
    }

    @Test
    void deviceThatObeysPasses() throws Exception {
        var device = new VsockTestDevice(directory.resolve("h"), VsockFault.NONE);
        Set<String> skipped = CheckRun.allPass(device, directory.resolve("s"), options(Duration.ofSeconds(20)));
        skipped.remove("V11"); // needs DEVICE_STATE, which the server may offer
        assertEquals(Set.of(), skipped);
    }

    @ParameterizedTest(name = "{0}, {1}")
    @CsvSource({
        "CID_OF_THE_HOST, V4",
        "WAITS_FOR_BUFFERS, V1",
        "TYPE_UNREFUSED, V5",
        "TYPE_UNREFUSED, V10a",
        "REFUSAL_UNSAID, V6a",
        "STRAYS_IGNORED, V6b",
        "RESETS_RESETS, V6c",
        "NOT_OFFERED, V12a",
        "KEEPS_MALFORMED, V13a",
        "KEEPS_MALFORMED, V13b",
        "CREDIT_EXCEEDED, V2",
        "NO_SPACE, V3a",
        "COUNTS_NOTHING, V3b",
        "COUNTS_NOTHING, V3c",
        "CREDIT_UNTOLD, V7",
        "NO_RESET_AFTER_SHUTDOWN, V8a",
        "NO_SHUTDOWN, V8b",
        "KEEPS_HOST, V8c",
        "WHOLE_SHUTDOWN, V8d",
        "WHOLE_BUFFER, V9",
        "NO_SPACE, V12b",
        "SAYS_NO, V14a",
        "KEEPS_HOST, V14b",
        "REFUSES_AS_STREAM, V10b",
        "MOVE_UNTOLD, V11",
        "BORDERS_LOST, V10c",
        "ENDS_UNTOLD, V10d",
        "SAYS_NO, V10e"
    })
    void faultIsFound(VsockFault fault, String check) throws Exception {
        var device = new VsockTestDevice(directory.resolve("h"), fault);
        CheckRun.fails(device, directory.resolve("s"), options(Duration.ofMillis(500)), check);
    }
}

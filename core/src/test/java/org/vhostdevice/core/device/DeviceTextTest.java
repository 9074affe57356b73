package org.vhostdevice.core.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceTextTest {
    @Test
    void optionsGetTheirDashesBackAndTwoCommasAreOne() throws UsageException {
        DeviceText text = DeviceText.parse("--disk", "blk-file=/a,,b,socket=/run/x.sock,read-only,queue-size=4");
        assertEquals(Path.of("/run/x.sock"), text.socket());
        assertEquals(List.of("--blk-file=/a,b", "--read-only", "--queue-size=4"), text.options());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "socket", "socket=", "read-only", "sockets=/x"})
    void socketIsNamed(String text) {
        String message = assertThrows(UsageException.class, () -> DeviceText.parse("--disk", text))
                .getMessage();
        assertEquals("--disk " + text + ": socket=PATH is missing", message);
    }
}

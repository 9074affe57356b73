package org.vhostdevice.core.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceTextTest {
    @Test
    void optionsGetTheirDashesBackAndTwoCommasAreOne() throws UsageException {
        DeviceText text = DeviceText.parse("--disk", "blk-file=/a,,b,socket=/run/x.sock,read-only,queue-size=4");
        assertEquals(DevicePlace.ofPath("/run/x.sock"), text.place());
        assertEquals(List.of("--blk-file=/a,b", "--read-only", "--queue-size=4"), text.options());
    }

    @Test
    void socketsThatWerePassedHaveNumbersOrNames() throws UsageException {
        assertEquals(
                new DevicePlace.Passed("second"),
                DeviceText.parse("--disk", "fd=second,read-only").place());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "fd=", "socket", "socket=", "read-only", "sockets=/x"})
    void socketIsNamed(String text) {
        String message = assertThrows(UsageException.class, () -> DeviceText.parse("--disk", text))
                .getMessage();
        assertEquals("--disk " + text + ": socket=PATH is missing", message);
    }
}

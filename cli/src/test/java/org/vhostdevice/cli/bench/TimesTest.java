package org.vhostdevice.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.device.UsageException;

class TimesTest {
    @ParameterizedTest
    @CsvSource({"10s, 10000", "10, 10000", "500ms, 500", "2m, 120000", "1h, 3600000", "0s, 0"})
    void unitsAreThoseOfFio(String text, long millis) throws UsageException {
        assertEquals(Duration.ofMillis(millis), Times.parse("--runtime", text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "s", "-1s", "1.5s", "1 s", "10S", "1d", "9999999999"})
    void anythingElseIsAUsageErrorThatNamesTheOption(String text) {
        String message = assertThrows(UsageException.class, () -> Times.parse("--ramp", text))
                .getMessage();
        assertTrue(message.startsWith("--ramp "), message);
    }
}

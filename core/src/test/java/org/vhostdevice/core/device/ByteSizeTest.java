package org.vhostdevice.core.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteSizeTest {
    @ParameterizedTest
    @CsvSource({
        "1, 1",
        "4096, 4096",
        "1K, 1024",
        "3m, 3145728",
        "10G, 10737418240",
        "2t, 2199023255552",
        "9223372036854775807, 9223372036854775807",
        "8388607T, 9223370937343148032"
    })
    void suffixesArePowersOf1024(String text, long bytes) {
        assertEquals(bytes, ByteSize.parse(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "K",
                "-1",
                "+1",
                "1.5G",
                "1 G",
                "1KB",
                "0x10",
                "0",
                "0G",
                "8388608T",
                "9223372036854775808",
                "99999999999999999999",
                "١"
            })
    void anythingElseIsRefused(String text) {
        assertThrows(IllegalArgumentException.class, () -> ByteSize.parse(text));
    }
}

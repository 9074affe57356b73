package org.vhostdevice.vsock.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectLineTest {
    private static ConnectLine read(String text) {
        ConnectLine line = new ConnectLine();
        for (byte each : text.getBytes(StandardCharsets.ISO_8859_1)) {
            line.add(each);
        }
        return line;
    }

    @ParameterizedTest
    @CsvSource({
        "CONNECT 0, 0",
        "CONNECT 1234, 1234",
        "connect 52, 52",
        "CONNECT   7, 7",
        "CONNECT 4294967295, -1",
        "CONNECT 0000000001, 1"
    })
    void lineNamesAPort(String text, int port) {
        assertEquals(port, read(text + "\n").port());
        assertEquals(port, read(text + "\r\n").port());
        assertNull(read(text).port());
        assertFalse(read(text).isWrong());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\n",
                "CONNECT\n",
                "CONNECT \n",
                "CONNECT1\n",
                "CONNECT x\n",
                "CONNECT -1\n",
                "CONNECT 1 \n",
                "CONNECT 4294967296\n",
                "CONNECT 1\r1",
                " CONNECT 1\n",
                "GET / HTTP/1.1\n",
                "CONNECT 00000000000000000000000000000000",
                "CONNECT                          1\n"
            })
    void otherLinesAreWrongAtOnce(String text) {
        assertTrue(read(text).isWrong());
        assertNull(read(text).port());
    }

    @Test
    void whatFollowsTheLineIsNeverAskedFor() {
        for (String text : new String[] {"CONNECT 5\n", "CONNECT 123456\n", "CONNECT 4294967295\r\n"}) {
            ConnectLine line = new ConnectLine();
            int at = 0;
            while (line.port() == null) {
                int n = line.missing();
                assertTrue(at + n <= text.length(), text);
                for (int i = 0; i < n; i++) {
                    line.add((byte) text.charAt(at++));
                }
            }
            assertEquals(text.length(), at);
        }
    }
}

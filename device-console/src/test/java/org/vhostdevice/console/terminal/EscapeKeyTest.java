package org.vhostdevice.console.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vhostdevice.console.terminal.EscapeKey.Meaning;

class EscapeKeyTest {
    private static final String KEY = "\035";

    private final EscapeKey escape = new EscapeKey();

    /// The meanings of what is typed, data as the bytes themselves.
    private String type(String keys) {
        StringBuilder result = new StringBuilder();
        for (byte key : keys.getBytes(StandardCharsets.ISO_8859_1)) {
            Meaning meaning = escape.take(key);
            result.append(meaning == Meaning.DATA ? String.valueOf((char) (key & 0xff)) : "<" + meaning + ">");
        }
        return result.toString();
    }

    @Test
    void allOtherKeysAreForTheGuest() {
        StringBuilder all = new StringBuilder();
        for (char key = 0; key < 256; key++) {
            if (key != 0x1d) {
                all.append(key);
            }
        }
        assertEquals(all.toString(), type(all.toString()));
    }

    @ParameterizedTest
    @CsvSource({
        "d, DETACH",
        "D, DETACH",
        "b, BREAK",
        "r, RESIZE",
        "q, QUIT",
        "?, HELP",
        "h, HELP",
        "x, NOTHING",
        "=, NOTHING"
    })
    void keyBehindTheEscapeKeyIsForTheProgram(String key, String meaning) {
        assertEquals("a<ESCAPE><" + meaning + ">" + key, type("a" + KEY + key + key));
    }

    @Test
    void escapeKeyTwiceIsItself() {
        assertEquals("<ESCAPE>" + KEY + "q<ESCAPE><QUIT>", type(KEY + KEY + "q" + KEY + "q"));
    }
}

package org.vhostdevice.vsock.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

class ConnectLineFuzzTest {
    private static final Pattern LINE = Pattern.compile("(?i:CONNECT) +([0-9]{1,24})\r?\n");
    private static final int LONGEST = 32;

    @FuzzTest
    void linesAreThoseOfTheirGrammar(byte[] input) {
        ConnectLine line = new ConnectLine();
        int taken = 0;
        while (taken < input.length && !line.isWrong() && line.port() == null) {
            line.add(input[taken++]);
        }
        String text = new String(input, 0, taken, StandardCharsets.ISO_8859_1);
        Matcher matcher = LINE.matcher(text);
        boolean is = matcher.matches() && taken <= LONGEST && Long.parseLong(digits(matcher)) <= 0xffff_ffffL;
        if (line.port() == null) {
            assertTrue(!is, text);
        } else {
            assertTrue(is, text);
            assertEquals((int) Long.parseLong(digits(matcher)), line.port());
            line.add((byte) 'x');
            assertNull(line.port());
        }
    }

    private static String digits(Matcher matcher) {
        String all = matcher.group(1);
        return all.replaceFirst("^0+(?=.)", "").length() > 18 ? "9999999999" : all;
    }
}

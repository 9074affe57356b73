package org.vhostdevice.console.end;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Commands of telnet among bytes (RFC 854, RFC 1073).
class TelnetTest {
    private static final int[] OPENING = {255, 251, 31};

    private final List<String> said = new ArrayList<>();
    private final MemorySegment bytes = Arena.ofAuto().allocate(64);

    private final Telnet.Events events = new Telnet.Events() {
        @Override
        public void reply(int[] command) {
            said.add(Arrays.toString(command));
        }

        @Override
        public void resized(int columns, int rows) {
            said.add(columns + "x" + rows);
        }
    };

    /// What is left of bytes that come in one piece.
    private int[] decode(Telnet telnet, int... sent) {
        for (int i = 0; i < sent.length; i++) {
            bytes.set(ValueLayout.JAVA_BYTE, i, (byte) sent[i]);
        }
        int n = telnet.decode(bytes, sent.length);
        int[] left = new int[n];
        for (int i = 0; i < n; i++) {
            left[i] = Byte.toUnsignedInt(bytes.get(ValueLayout.JAVA_BYTE, i));
        }
        return left;
    }

    private static int[] numbers(String text) {
        return text.isEmpty()
                ? new int[0]
                : Arrays.stream(text.split(" ")).mapToInt(Integer::parseInt).toArray();
    }

    @ParameterizedTest(name = "{0} is {1}")
    @CsvSource({
        "1 2 3, 1 2 3, ''",
        "1 255 255 2, 1 255 2, ''",
        "255 241 7, 7, ''", // NOP
        "13 0 7, 13 7, ''",
        "13 10 7, 13 10 7, ''",
        "13 255 255, 13 255, ''",
        "255 251 0 13 0, 13 0, ''", // WILL BINARY
        "255 253 1 255 253 3 255 253 0 255 251 3, '', ''",
        "255 251 24, '', '[255, 254, 24]'",
        "255 253 5, '', '[255, 252, 5]'",
        "255 252 24 255 254 5, '', ''",
        "255 250 31 0 80 0 24 255 240 9, 9, 80x24",
        "255 250 31 1 0 255 255 7 255 240, '', 256x65287",
        "255 250 31 0 80 0 255 240 9, 9, ''", // too short
        "255 250 31 0 80 0 24 0 0 255 240 9, 9, ''", // too long
        "255 250 24 0 80 0 24 255 240 9, 9, ''" // another option
    })
    void commandsAreTakenOutAndAnswered(String sent, String left, String answer) {
        Telnet telnet = new Telnet(TelnetMode.ON, events);
        assertArrayEquals(numbers(left), decode(telnet, numbers(sent)));
        assertEquals(answer.isEmpty() ? List.of() : List.of(answer), said);
    }

    @Test
    void commandsMayComeInAnyPieces() {
        Telnet telnet = new Telnet(TelnetMode.ON, events);
        List<Integer> left = new ArrayList<>();
        for (int value : numbers("1 255 255 2 255 250 31 0 80 0 24 255 240 3 255 251 24 4")) {
            for (int each : decode(telnet, value)) {
                left.add(each);
            }
        }
        assertEquals(List.of(1, 255, 2, 3, 4), left);
        assertEquals(List.of("80x24", "[255, 254, 24]"), said);
    }

    @Test
    void clientIsGreetedOnlyWhereTelnetIsOn() {
        new Telnet(TelnetMode.OFF, events).greet();
        new Telnet(TelnetMode.AUTO, events).greet();
        assertEquals(List.of(), said);
        new Telnet(TelnetMode.ON, events).greet();
        assertEquals(List.of("[255, 251, 1, 255, 251, 3, 255, 251, 0, 255, 253, 0, 255, 253, 31]"), said);
    }

    @Test
    void clientThatOpensTelnetGetsIt() {
        Telnet telnet = new Telnet(TelnetMode.AUTO, events);
        assertArrayEquals(new int[] {}, decode(telnet, OPENING[0], OPENING[1]));
        assertFalse(telnet.isOn());
        assertArrayEquals(new int[] {7, 255}, decode(telnet, OPENING[2], 7, 255, 255));
        assertTrue(telnet.isOn());
        assertEquals(List.of("[255, 253, 31]"), said);
    }

    @ParameterizedTest(name = "{0}, then {1}")
    @CsvSource({"1 2, 255 255", "255 251 1, 255", "255 255, 251 31", "255 251 255 251 31, 7"})
    void otherBytesAreTheGuestsFromTheBeginning(String first, String then) {
        Telnet telnet = new Telnet(TelnetMode.AUTO, events);
        assertArrayEquals(numbers(first), decode(telnet, numbers(first)));
        assertArrayEquals(numbers(then), decode(telnet, numbers(then)));
        assertFalse(telnet.looks());
        assertEquals(List.of(), said);
    }

    @Test
    void bytesThatOnlyBeganLikeTelnetAreKept() {
        Telnet telnet = new Telnet(TelnetMode.AUTO, events);
        assertArrayEquals(new int[] {}, decode(telnet, 255));
        assertArrayEquals(new int[] {}, decode(telnet, 251));
        assertArrayEquals(new int[] {255, 251, 255, 251}, decode(telnet, 255, 251));
    }
}

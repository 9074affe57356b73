package org.vhostdevice.fs.passthrough;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.fs.vfs.FsException;

/// Users and groups of the guest on the host, as `--translate-uid` of virtiofsd has them.
class IdMapTest {
    private static final int FORBIDDEN = -1;

    private static IdMap map(String... rules) {
        return IdMap.parse(List.of(rules));
    }

    private static int toHost(IdMap map, int guest) {
        try {
            return map.toHost(guest);
        } catch (FsException e) {
            assertEquals(Errno.EPERM.number(), e.errno());
            return FORBIDDEN;
        }
    }

    @Test
    void withoutRulesNumbersAreTheSame() {
        assertTrue(map().isIdentity());
        for (int id : new int[] {0, 1, 1000, Integer.MAX_VALUE, Integer.MIN_VALUE, -2, -1}) {
            assertEquals(id, IdMap.IDENTITY.toGuest(id));
        }
        assertEquals(-2, toHost(IdMap.IDENTITY, -2));
    }

    @ParameterizedTest(name = "{0}: guest {1} is {2}, host {3} is {4}")
    @CsvSource({
        "guest:0:1000:10, 9, 1009, 1009, 1009",
        "guest:0:1000:10, 10, 10, 0, 0",
        "host:1000:0:10, 0, 0, 1009, 9",
        "host:1000:0:10, 1000, 1000, 1010, 1010",
        "squash-guest:5:7:10, 14, 7, 7, 7",
        "squash-guest:5:7:10, 15, 15, 14, 14",
        "squash-host:5:7:10, 14, 14, 14, 7",
        "squash-host:0:65534:4294967295, 3, 3, -2, 65534",
        "forbid-guest:5:2, 6, -1, 6, 6",
        "forbid-guest:5:2, 7, 7, 5, 5",
        "map:0:1000:2, 1, 1001, 1001, 1",
        "map:2147483647:4294967293:2, -2147483648, -2, -3, 2147483647",
        "map:0:1000:0, 0, 0, 1000, 1000"
    })
    void ruleSaysWhoIsWho(String rule, int guest, int onHost, int host, int inGuest) {
        IdMap map = map(rule);
        assertEquals(onHost, toHost(map, guest));
        assertEquals(inGuest, map.toGuest(host));
    }

    @Test
    void bothWaysAreIndependent() {
        IdMap map = map("guest:0:1000:10", "host:1005:7:1");
        assertFalse(map.isIdentity());
        assertEquals(1005, toHost(map, 5));
        assertEquals(7, map.toGuest(1005));
        assertEquals(1004, map.toGuest(1004));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "guest",
                "guest:0:1000",
                "guest:0:1000:1:2",
                "forbid-guest:5:10:20",
                "foo:0:1000:1",
                "Guest:0:1000:1",
                "guest:x:1000:1",
                "guest:-1:1000:1",
                "guest::1000:1",
                "guest: 1:1000:1",
                "guest:4294967296:0:1",
                "guest:4294967295:0:1",
                "guest:4294967294:0:2",
                "guest:0:4294967295:1",
                "guest:0:4294967294:2",
                "map:0:1:4294967295",
                "squash-host:0:4294967295:1",
                "forbid-guest:1:4294967295"
            })
    void whatIsNoRuleIsRefused(String rule) {
        assertThrows(IllegalArgumentException.class, () -> map(rule));
    }

    @ParameterizedTest
    @CsvSource({
        "map:0:1000:1, map:0:2000:1",
        "map:0:1000:10, guest:5:2000:1",
        "map:0:1000:10, host:1005:7:1",
        "map:0:1000:10, map:100:1009:1",
        "forbid-guest:3:3, squash-guest:0:9:4",
        "squash-host:0:9:10, host:9:1:1"
    })
    void twoRulesForOneNumberAreRefused(String first, String second) {
        assertThrows(IllegalArgumentException.class, () -> map(first, second));
        assertThrows(IllegalArgumentException.class, () -> map(second, first));
    }

    /// All pairs of short rules on few numbers, against rules that are tried one after the other.
    @Test
    void allPairsOfShortRulesDoWhatTheySay() {
        List<String> rules = shortRules();
        int accepted = 0;
        for (String first : rules) {
            for (String second : rules) {
                accepted += check(first, second) ? 1 : 0;
            }
        }
        assertTrue(accepted > 1000, "" + accepted);
    }

    private static boolean check(String first, String second) {
        if (overlap(first, second)) {
            assertThrows(IllegalArgumentException.class, () -> map(first, second), first + " " + second);
            return false;
        }
        IdMap map = map(first, second);
        for (int id = 0; id < 8; id++) {
            assertEquals(model(true, id, first, second), toHost(map, id), first + " " + second);
            assertEquals(model(false, id, first, second), map.toGuest(id), first + " " + second);
        }
        return true;
    }

    private static List<String> shortRules() {
        List<String> rules = new ArrayList<>(List.of("forbid-guest:0:1", "forbid-guest:1:3", "forbid-guest:6:2"));
        for (String type : List.of("guest", "host", "squash-guest", "squash-host", "map")) {
            for (String from : List.of("0", "2")) {
                for (String rest : List.of("0:1", "0:2", "0:3", "1:1", "1:2", "1:3", "2:1", "2:2", "3:1", "3:3")) {
                    rules.add(type + ":" + from + ":" + rest);
                }
            }
        }
        return rules;
    }

    private static boolean overlap(String first, String second) {
        for (int id = 0; id < 8; id++) {
            if ((speaksOf(true, id, first) && speaksOf(true, id, second))
                    || (speaksOf(false, id, first) && speaksOf(false, id, second))) {
                return true;
            }
        }
        return false;
    }

    private static boolean speaksOf(boolean guest, int id, String rule) {
        String[] fields = rule.split(":", -1);
        boolean host = fields[0].endsWith("host");
        if (!fields[0].equals("map") && host == guest) {
            return false;
        }
        int from = Integer.parseInt(fields[fields[0].equals("map") && !guest ? 2 : 1]);
        return id >= from && id < from + Integer.parseInt(fields[fields.length - 1]);
    }

    private static int model(boolean guest, int id, String... rules) {
        for (String rule : rules) {
            if (speaksOf(guest, id, rule)) {
                String[] fields = rule.split(":", -1);
                boolean back = fields[0].equals("map") && !guest;
                int from = Integer.parseInt(fields[back ? 2 : 1]);
                int to = Integer.parseInt(fields[back ? 1 : 2]);
                return switch (fields[0]) {
                    case "forbid-guest" -> FORBIDDEN;
                    case "squash-guest", "squash-host" -> to;
                    default -> to + id - from;
                };
            }
        }
        return id;
    }
}

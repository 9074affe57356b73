package org.vhostdevice.fs.passthrough;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.fs.vfs.FsException;

/// Names of extended attributes, as `--xattrmap` of virtiofsd has them.
class XattrMapTest {
    private static final String PREFIX_ALL = ":map::user.virtiofs.:";
    private static final String PREFIX_TRUSTED = "/prefix/all/trusted./user.virtiofs./\n"
            + "/bad/server//trusted./\n/bad/client/user.virtiofs.//\n/ok/all///";
    private static final String HIDE_SECURITY = "/bad/all/security./security./\n/ok/all///";

    /// The name on the host, or the error.
    private static String toHost(XattrMap map, String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment room = arena.allocate(XattrMap.NAME_BYTES);
            return map.toHost(arena.allocateFrom(name), room).getString(0);
        } catch (FsException e) {
            return Errno.of(e.errno()).name();
        }
    }

    private static String toGuest(XattrMap map, String names) {
        try (Arena arena = Arena.ofConfined()) {
            byte[] list = names.replace(' ', '\0').getBytes(StandardCharsets.UTF_8);
            MemorySegment segment = arena.allocateFrom(ValueLayout.JAVA_BYTE, list);
            long bytes = map.toGuest(segment, list.length);
            byte[] left = segment.asSlice(0, bytes).toArray(ValueLayout.JAVA_BYTE);
            return new String(left, StandardCharsets.UTF_8).replace('\0', ' ');
        }
    }

    @ParameterizedTest(name = "{0}: {1} is {2}")
    @CsvSource({
        "all, user.a, user.virtiofs.user.a",
        "all, security.selinux, user.virtiofs.security.selinux",
        "all, '', user.virtiofs.",
        "trusted, trusted.a, user.virtiofs.trusted.a",
        "trusted, user.a, user.a",
        "trusted, user.virtiofs.trusted.a, EPERM",
        "security, security.a, EPERM",
        "security, user.a, user.a"
    })
    void namesOfTheGuestHaveOthersOnTheHost(String rules, String guest, String host) {
        assertEquals(host, toHost(XattrMap.parse(rules(rules)), guest));
    }

    @ParameterizedTest(name = "{0}: {1} are {2}")
    @CsvSource({
        "all, 'user.virtiofs.user.a user.b security.c user.virtiofs. ', 'user.a '",
        "all, '', ''",
        "trusted, 'trusted.a user.virtiofs.trusted.b user.c ', 'trusted.b user.c '",
        "security, 'security.a user.b ', 'user.b '"
    })
    void namesOfTheHostAreHiddenOrShortened(String rules, String host, String guest) {
        assertEquals(guest, toGuest(XattrMap.parse(rules(rules)), host));
    }

    private static String rules(String name) {
        return switch (name) {
            case "all" -> PREFIX_ALL;
            case "trusted" -> PREFIX_TRUSTED;
            default -> HIDE_SECURITY;
        };
    }

    @Test
    void mapWithAKeyLeavesOtherNamesAlone() {
        XattrMap map = XattrMap.parse(":map:trusted.:user.virtiofs.:");
        for (String name : List.of("trusted.a", "user.a", "user.virtiofs.trusted.a", "user.virtiofs.", "x")) {
            assertEquals(toHost(XattrMap.parse(PREFIX_TRUSTED), name), toHost(map, name), name);
            String list = name + " ";
            assertEquals(toGuest(XattrMap.parse(PREFIX_TRUSTED), list), toGuest(map, list), name);
        }
    }

    @Test
    void unsupportedNamesAreToldApartFromForbiddenOnes() {
        XattrMap map = XattrMap.parse(":unsupported:all:a:a: :bad:all:::");
        assertEquals("EOPNOTSUPP", toHost(map, "ab"));
        assertEquals("EPERM", toHost(map, "b"));
        assertEquals("", toGuest(map, "ab b "));
    }

    @Test
    void nameThatGetsTooLongIsRefused() {
        XattrMap map = XattrMap.parse(PREFIX_ALL);
        assertEquals("user.virtiofs." + "n".repeat(241), toHost(map, "n".repeat(241)));
        assertEquals("ERANGE", toHost(map, "n".repeat(242)));
    }

    @Test
    void nameThatIsCutOffIsLeftOut() {
        assertEquals("user.a ", toGuest(XattrMap.parse(HIDE_SECURITY), "user.a user.b"));
    }

    @Test
    void eachRuleMayHaveItsOwnSeparator() {
        XattrMap map = XattrMap.parse("  xokxallxa:bxa:bx\t/bad/all///  ");
        assertEquals("a:b", toHost(map, "a:b"));
        assertEquals("EPERM", toHost(map, "a"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "  ",
                "foo",
                ":",
                ":ok:",
                ":ok:all:",
                ":ok:all::",
                ":ok:all::/",
                ":nok:all:::",
                ":ok:foo:::",
                ":map:key:",
                ":map::user.x.: :ok:all:::",
                ":map:a:b::map:a:b:",
                ":prefix:client::user.x.:",
                ":prefix:all::user.x.:",
                ":ok:client::: :ok:server:a:b:",
                ":ok:all:a:a:"
            })
    void whatIsNoCompleteSetOfRulesIsRefused(String rules) {
        assertThrows(IllegalArgumentException.class, () -> XattrMap.parse(rules));
    }

    /// All pairs of rules on short names, with one behind them that fits all, against the documented words.
    @Test
    void allPairsOfShortRulesDoWhatTheySay() {
        List<String> rules = shortRules();
        for (String first : rules) {
            for (String second : rules) {
                check(List.of(first, second, ":ok:all:::"));
            }
        }
    }

    private static void check(List<String> rules) {
        XattrMap map = XattrMap.parse(String.join(" ", rules));
        for (String name : List.of("a", "b", "aa", "ab", "ba", "aab", "aba")) {
            assertEquals(clientModel(rules, name), toHost(map, name), rules + " " + name);
            assertEquals(serverModel(rules, name), toGuest(map, name + " "), rules + " " + name);
        }
    }

    private static List<String> shortRules() {
        List<String> rules = new ArrayList<>();
        for (String type : List.of("prefix", "ok", "bad", "unsupported")) {
            for (String scope : List.of("client", "server", "all")) {
                for (String names : List.of(":", ":a", ":ba", "a:", "a:a", "a:ba", "ab:", "ab:a", "ab:ba")) {
                    rules.add(":" + type + ":" + scope + ":" + names + ":");
                }
            }
        }
        return rules;
    }

    private static String clientModel(List<String> rules, String name) {
        for (String rule : rules) {
            String[] fields = rule.split(":", -1);
            if (!fields[2].equals("server") && name.startsWith(fields[3])) {
                return switch (fields[1]) {
                    case "prefix" -> fields[4] + name;
                    case "ok" -> name;
                    case "bad" -> "EPERM";
                    default -> "EOPNOTSUPP";
                };
            }
        }
        throw new AssertionError(name);
    }

    private static String serverModel(List<String> rules, String name) {
        for (String rule : rules) {
            String[] fields = rule.split(":", -1);
            if (!fields[2].equals("client") && name.startsWith(fields[4])) {
                return switch (fields[1]) {
                    case "prefix" -> name.equals(fields[4]) ? "" : name.substring(fields[4].length()) + " ";
                    case "ok" -> name + " ";
                    default -> "";
                };
            }
        }
        throw new AssertionError(name);
    }
}

package org.vhostdevice.fs.passthrough;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.fs.vfs.FsException;

/// What extended attributes are called on the host, and which of the host's the guest sees, in the words and
/// with the meaning of virtiofsd's `--xattrmap`. The first rule that fits a name decides. Any thread.
public final class XattrMap {
    /// Bytes of the longest name of an extended attribute, with a NUL behind it.
    public static final int NAME_BYTES = 256;

    private enum Type {
        PREFIX,
        OK,
        BAD,
        UNSUPPORTED
    }

    /// @param client whether it is for names that the guest uses: those that begin with the key
    /// @param server whether it is for names that the host lists: those that begin with the prefix
    @SuppressWarnings("ArrayRecordComponent") // rules are never compared
    private record Rule(Type type, boolean client, boolean server, byte[] key, byte[] prefix) {}

    private final Rule[] clientRules;
    private final Rule[] serverRules;

    private XattrMap(List<Rule> rules) {
        clientRules = rules.stream().filter(Rule::client).toArray(Rule[]::new);
        serverRules = rules.stream().filter(Rule::server).toArray(Rule[]::new);
        boolean clientEnds = rules.stream().anyMatch(rule -> rule.client && rule.key.length == 0);
        boolean serverEnds = rules.stream().anyMatch(rule -> rule.server && rule.prefix.length == 0);
        if (!clientEnds || !serverEnds) {
            throw new IllegalArgumentException("no rule is for all other names of the "
                    + (clientEnds ? "host" : "guest") + ": put one such as :bad:all::: at the end");
        }
    }

    /// Reads rules: `:TYPE:SCOPE:KEY:PREFIX:` or, at the end, `:map:KEY:PREFIX:`, with white space between them.
    /// In place of the colon, each rule may have another separator.
    ///
    /// The types are `prefix` (it is put in front of the guest's names and taken off the host's), `ok` (names
    /// stay as they are), `bad` and `unsupported` (names are refused with `EPERM` or `ENOTSUP`, and not listed).
    /// The scopes are `client` (names of the guest that begin with the key), `server` (names of the host that
    /// begin with the prefix) and `all`. `map` prefixes all names with that key and hides what would collide.
    ///
    /// @param text of the rules
    /// @return the map
    /// @throws IllegalArgumentException with a message for who wrote them; also if a name may fit no rule
    public static XattrMap parse(String text) {
        List<Rule> rules = new ArrayList<>();
        String rest = text.strip();
        if (rest.isEmpty()) {
            throw new IllegalArgumentException("there is no rule");
        }
        while (!rest.isEmpty()) {
            rest = rest.substring(parseRule(rest, rules)).strip();
        }
        return new XattrMap(rules);
    }

    /// Reads the rule at the start of a text.
    ///
    /// @return its length
    private static int parseRule(String text, List<Rule> rules) {
        Fields fields = new Fields(text);
        String type = fields.next();
        if (type.equals("map")) {
            addMap(rules, bytes(fields.next()), bytes(fields.next()));
            if (fields.end < text.length()) {
                throw new IllegalArgumentException("a map rule must be the last");
            }
            return fields.end;
        }
        Type known = type(type);
        String scope = fields.next();
        boolean client = scope.equals("client") || scope.equals("all");
        boolean server = scope.equals("server") || scope.equals("all");
        if (!client && !server) {
            throw new IllegalArgumentException("scope '" + scope + "' is none of client, server and all");
        }
        rules.add(new Rule(known, client, server, bytes(fields.next()), bytes(fields.next())));
        return fields.end;
    }

    /// Cuts a rule into fields, each with a separator behind it.
    private static final class Fields {
        private final String text;
        private final char separator;
        private int end = 1;

        Fields(String text) {
            this.text = text;
            this.separator = text.charAt(0);
        }

        String next() {
            int next = text.indexOf(separator, end);
            if (next < 0) {
                throw new IllegalArgumentException(
                        "rule '" + text + "' is incomplete: :TYPE:SCOPE:KEY:PREFIX: or :map:KEY:PREFIX:");
            }
            String field = text.substring(end, next);
            end = next + 1;
            return field;
        }
    }

    private static Type type(String word) {
        return switch (word) {
            case "prefix" -> Type.PREFIX;
            case "ok" -> Type.OK;
            case "bad" -> Type.BAD;
            case "unsupported" -> Type.UNSUPPORTED;
            default ->
                throw new IllegalArgumentException(
                        "type '" + word + "' is none of prefix, ok, bad, unsupported and map");
        };
    }

    private static void addMap(List<Rule> rules, byte[] key, byte[] prefix) {
        byte[] any = {};
        rules.add(new Rule(Type.PREFIX, true, true, key, prefix));
        if (key.length == 0) {
            rules.add(new Rule(Type.BAD, true, true, any, any));
        } else {
            // Neither uses the guest the prefixed names directly, nor does it see unprefixed ones of the host.
            rules.add(new Rule(Type.BAD, true, true, prefix, key));
            rules.add(new Rule(Type.OK, true, true, any, any));
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /// Says what an attribute of the guest is called on the host.
    ///
    /// @param name a C string, not shared with the guest
    /// @param room for another name, at least [#NAME_BYTES]
    /// @return `name`, or `room` filled in
    /// @throws FsException `EPERM` or `ENOTSUP` (as `EOPNOTSUPP`) if a rule refuses it, `ERANGE` if it is too
    ///     long
    public MemorySegment toHost(MemorySegment name, MemorySegment room) throws FsException {
        long length = length(name, 0, name.byteSize());
        Rule rule = find(clientRules, true, name, 0, length);
        return switch (rule.type) {
            case OK -> name;
            case BAD -> throw FsException.of(Errno.EPERM);
            case UNSUPPORTED -> throw FsException.of(Errno.EOPNOTSUPP);
            case PREFIX -> join(rule.prefix, name, length, room);
        };
    }

    private static MemorySegment join(byte[] prefix, MemorySegment name, long length, MemorySegment room)
            throws FsException {
        long all = prefix.length + length;
        if (all >= NAME_BYTES) {
            throw FsException.of(Errno.ERANGE);
        }
        MemorySegment.copy(prefix, 0, room, JAVA_BYTE, 0, prefix.length);
        MemorySegment.copy(name, 0, room, prefix.length, length);
        room.set(JAVA_BYTE, all, (byte) 0);
        return room;
    }

    /// Makes a list of the host's names one of the guest's, in place: some are left out, some lose their prefix,
    /// and what has no NUL behind it is no name.
    ///
    /// @param names each with a NUL behind it, not shared with the guest
    /// @param bytes of names
    /// @return bytes that are left
    public long toGuest(MemorySegment names, long bytes) {
        long to = 0;
        long at = 0;
        while (at < bytes) {
            long length = length(names, at, bytes);
            if (at + length == bytes) {
                break; // cut off
            }
            Rule rule = find(serverRules, false, names, at, length);
            long skipped = rule.type == Type.PREFIX ? rule.prefix.length : 0;
            boolean shown = rule.type == Type.OK || (rule.type == Type.PREFIX && skipped < length);
            if (shown) {
                MemorySegment.copy(names, at + skipped, names, to, length - skipped);
                to += length - skipped;
                names.set(JAVA_BYTE, to, (byte) 0);
                to++;
            }
            at += length + 1;
        }
        return to;
    }

    private static Rule find(Rule[] rules, boolean client, MemorySegment name, long at, long length) {
        for (Rule rule : rules) {
            if (startsWith(name, at, length, client ? rule.key : rule.prefix)) {
                return rule;
            }
        }
        throw new IllegalStateException("no rule fits"); // the last one fits all
    }

    private static boolean startsWith(MemorySegment name, long at, long length, byte[] start) {
        if (start.length > length) {
            return false;
        }
        for (int i = 0; i < start.length; i++) {
            if (name.get(JAVA_BYTE, at + i) != start[i]) {
                return false;
            }
        }
        return true;
    }

    /// Bytes up to a NUL or the limit.
    private static long length(MemorySegment names, long at, long limit) {
        long end = at;
        while (end < limit && names.get(JAVA_BYTE, end) != 0) {
            end++;
        }
        return end - at;
    }
}

package org.vhostdevice.fs.passthrough;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.fs.vfs.FsException;

/// Which users (or groups) of the host those of the guest are, and the other way round. Both ways are
/// independent of each other. A number that no rule names is the same on both sides. Numbers are unsigned. Any
/// thread.
public final class IdMap {
    /// Every number is the same on both sides.
    public static final IdMap IDENTITY = new IdMap(List.of(), List.of());

    /// All bits set: the number that nobody has.
    private static final long NOBODY = 0xffff_ffffL;

    private static final int FORBIDDEN = -1;
    private static final int FIELDS = 4;

    private final long[] guestStarts;
    private final Range[] guestRanges;
    private final long[] hostStarts;
    private final Range[] hostRanges;

    /// Numbers of one side and what they are on the other.
    ///
    /// @param start the first
    /// @param end behind the last
    /// @param target what the first becomes, or [#FORBIDDEN]
    /// @param squashed whether all others become that too
    private record Range(long start, long end, long target, boolean squashed) {
        boolean overlaps(Range other) {
            return start < other.end && other.start < end;
        }

        long map(long id) {
            return squashed || target == FORBIDDEN ? target : target + (id - start);
        }
    }

    private IdMap(List<Range> guest, List<Range> host) {
        guestRanges = sorted(guest);
        guestStarts = starts(guestRanges);
        hostRanges = sorted(host);
        hostStarts = starts(hostRanges);
    }

    private static Range[] sorted(List<Range> ranges) {
        return ranges.stream()
                .filter(range -> range.start < range.end)
                .sorted((a, b) -> Long.compare(a.start, b.start))
                .toArray(Range[]::new);
    }

    private static long[] starts(Range[] ranges) {
        return Arrays.stream(ranges).mapToLong(Range::start).toArray();
    }

    /// Reads rules, in the words and with the meaning of virtiofsd's `--translate-uid` and `--translate-gid`:
    ///
    /// - `guest:FROM:TO:COUNT` numbers of the guest, one by one
    /// - `host:FROM:TO:COUNT` numbers of the host, one by one
    /// - `squash-guest:FROM:TO:COUNT` numbers of the guest, all to one of the host
    /// - `squash-host:FROM:TO:COUNT` numbers of the host, all to one of the guest
    /// - `forbid-guest:FROM:COUNT` numbers that the guest must not use
    /// - `map:GUEST:HOST:COUNT` both ways, one by one
    ///
    /// @param rules none for the same numbers on both sides
    /// @return the map
    /// @throws IllegalArgumentException with a message for who wrote them; also if two of them speak of the same
    ///     number
    public static IdMap parse(List<String> rules) {
        List<Range> guest = new ArrayList<>();
        List<Range> host = new ArrayList<>();
        for (String rule : rules) {
            parse(rule, guest, host);
        }
        return new IdMap(guest, host);
    }

    private static void parse(String rule, List<Range> guest, List<Range> host) {
        String[] fields = rule.split(":", -1);
        String type = fields[0];
        int wanted = type.equals("forbid-guest") ? FIELDS - 1 : FIELDS;
        if (fields.length != wanted) {
            throw new IllegalArgumentException("'" + rule + "' has " + fields.length + " fields, not the " + wanted
                    + " of " + (wanted == FIELDS ? "TYPE:FROM:TO:COUNT" : "forbid-guest:FROM:COUNT"));
        }
        long from = number(rule, fields[1]);
        long to = wanted == FIELDS ? number(rule, fields[2]) : FORBIDDEN;
        long count = number(rule, fields[wanted - 1]);
        switch (type) {
            case "guest" -> add(guest, rule, from, to, count, false);
            case "host" -> add(host, rule, from, to, count, false);
            case "squash-guest" -> add(guest, rule, from, to, count, true);
            case "squash-host" -> add(host, rule, from, to, count, true);
            case "forbid-guest" -> add(guest, rule, from, FORBIDDEN, count, false);
            case "map" -> {
                add(guest, rule, from, to, count, false);
                add(host, rule, to, from, count, false);
            }
            default ->
                throw new IllegalArgumentException("'" + type + "' in '" + rule
                        + "' is none of guest, host, squash-guest, squash-host, forbid-guest and map");
        }
    }

    private static long number(String rule, String field) {
        try {
            return Integer.toUnsignedLong(Integer.parseUnsignedInt(field));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("'" + field + "' in '" + rule + "' is no number of 32 bits", e);
        }
    }

    @SuppressWarnings("checkstyle:ParameterNumber") // the fields of a rule
    private static void add(List<Range> to, String rule, long start, long target, long count, boolean squashed) {
        Range range = new Range(start, start + count, target, squashed);
        boolean targetFits = target + (squashed ? 1 : count) <= NOBODY;
        if (range.end > NOBODY || (target != FORBIDDEN && !targetFits)) {
            throw new IllegalArgumentException("'" + rule + "' goes beyond " + (NOBODY - 1));
        }
        for (Range other : to) {
            if (range.overlaps(other)) {
                throw new IllegalArgumentException("'" + rule + "' speaks of a number that a rule before it has");
            }
        }
        to.add(range);
    }

    /// {@return whether every number is the same on both sides}
    public boolean isIdentity() {
        return guestRanges.length == 0 && hostRanges.length == 0;
    }

    /// Says who a user or group of the guest is on the host.
    ///
    /// @param guest its number
    /// @return the host's number
    /// @throws FsException `EPERM` if the guest must not use it
    public int toHost(int guest) throws FsException {
        long id = map(guestStarts, guestRanges, guest);
        if (id == FORBIDDEN) {
            throw FsException.of(Errno.EPERM);
        }
        return (int) id;
    }

    /// Says who a user or group of the host is in the guest.
    ///
    /// @param host its number
    /// @return the guest's number
    public int toGuest(int host) {
        return (int) map(hostStarts, hostRanges, host);
    }

    private static long map(long[] starts, Range[] ranges, int id) {
        long unsigned = Integer.toUnsignedLong(id);
        int found = Arrays.binarySearch(starts, unsigned);
        int at = found >= 0 ? found : -found - 2; // the range that starts last before it
        Range range = at < 0 ? null : ranges[at];
        return range == null || unsigned >= range.end ? unsigned : range.map(unsigned);
    }
}

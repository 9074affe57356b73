package org.vhostdevice.console.end;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/// Puts the time in front of each line, in UTC: `2026-01-31T23:59:59.123Z `. Worker's thread.
final class LineStamp {
    private static final DateTimeFormatter SECONDS = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.");
    private static final int STAMP_BYTES = 25;
    private static final int MILLIS_AT = 20;
    private static final int MILLIS_PER_SECOND = 1000;

    private final Clock clock;
    private final MemorySegment piece;
    private final MemorySegment result;
    private final byte[] prefix = "0000-00-00T00:00:00.000Z ".getBytes(StandardCharsets.US_ASCII);
    private long second = Long.MIN_VALUE;
    private boolean lineBegins = true;

    /// @param piece the most bytes at a time
    LineStamp(int piece) {
        this(piece, Clock.systemUTC());
    }

    LineStamp(int piece, Clock clock) {
        this.clock = clock;
        this.piece = Arena.ofAuto().allocate(piece);
        this.result = Arena.ofAuto().allocate((long) piece * (STAMP_BYTES + 1));
    }

    /// The bytes with the time.
    MemorySegment result() {
        return result;
    }

    /// Copies bytes with the time to [#result].
    ///
    /// @return how many bytes there are
    int stamp(Output output, long position, int bytes) {
        output.copy(position, piece, bytes);
        int to = 0;
        int lineStart = 0;
        while (lineStart < bytes) {
            if (lineBegins) {
                prefix();
                MemorySegment.copy(prefix, 0, result, ValueLayout.JAVA_BYTE, to, STAMP_BYTES);
                to += STAMP_BYTES;
            }
            int end = lineEnd(lineStart, bytes);
            MemorySegment.copy(piece, lineStart, result, to, end - lineStart);
            to += end - lineStart;
            lineBegins = piece.get(ValueLayout.JAVA_BYTE, end - 1) == '\n';
            lineStart = end;
        }
        return to;
    }

    private int lineEnd(int from, int bytes) {
        for (int i = from; i < bytes; i++) {
            if (piece.get(ValueLayout.JAVA_BYTE, i) == '\n') {
                return i + 1;
            }
        }
        return bytes;
    }

    private void prefix() {
        long millis = clock.millis();
        long now = Math.floorDiv(millis, MILLIS_PER_SECOND);
        if (now != second) {
            second = now;
            byte[] text = LocalDateTime.ofEpochSecond(now, 0, ZoneOffset.UTC)
                    .format(SECONDS)
                    .getBytes(StandardCharsets.US_ASCII);
            System.arraycopy(text, 0, prefix, 0, MILLIS_AT);
        }
        int rest = Math.floorMod(millis, MILLIS_PER_SECOND);
        for (int i = 2; i >= 0; i--) {
            prefix[MILLIS_AT + i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
    }
}

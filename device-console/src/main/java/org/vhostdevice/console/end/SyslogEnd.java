package org.vhostdevice.console.end;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import org.vhostdevice.core.sys.SystemLog;

/// Output as lines of the host's log (`syslog(3)`, journald), which gives them their time. There is no input.
public final class SyslogEnd implements HostEnd {
    private static final int PIECE = 1024;
    private static final int LONGEST_LINE = 1024;

    private final String name;
    private final MemorySegment piece = Arena.ofAuto().allocate(PIECE);
    private final byte[] line = new byte[LONGEST_LINE];
    private final LineWriter writer;
    private int length;

    /// Writes lines somewhere.
    @FunctionalInterface
    interface LineWriter {
        void write(String line);
    }

    /// Makes an end.
    ///
    /// @param name in front of each line; empty for none
    public SyslogEnd(String name) {
        this(name, line -> SystemLog.write(SystemLog.INFO, line));
    }

    SyslogEnd(String name, LineWriter writer) {
        this.name = name.isEmpty() ? "" : name + ": ";
        this.writer = writer;
    }

    @Override
    public void start(EndContext context, EndEvents events) {
        events.opened();
    }

    @Override
    public long write(Output output) {
        long all = output.length();
        for (long at = 0; at < all; at += PIECE) {
            int some = (int) Math.min(PIECE, all - at);
            output.copy(at, piece, some);
            for (int i = 0; i < some; i++) {
                add(piece.get(ValueLayout.JAVA_BYTE, i));
            }
        }
        return all;
    }

    private void add(byte value) {
        if (value == '\n' || length == LONGEST_LINE) {
            end();
        }
        if (value != '\n' && value != '\r') {
            line[length] = value;
            length++;
        }
    }

    private void end() {
        if (length > 0) {
            writer.write(name + new String(line, 0, length, StandardCharsets.UTF_8));
            length = 0;
        }
    }

    /// The last line may lack its end.
    @Override
    public void guestOpened(boolean open) {
        if (!open) {
            end();
        }
    }

    @Override
    public void close() {
        end();
    }
}

package org.vhostdevice.console.port;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.vhostdevice.console.end.EndContext;
import org.vhostdevice.console.end.EndEvents;
import org.vhostdevice.console.end.HostEnd;
import org.vhostdevice.console.end.Output;

/// A host end that does what a test says.
final class FakeEnd implements HostEnd {
    private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
    private final List<String> told = new ArrayList<>();
    private long room = Long.MAX_VALUE;
    private byte[] input = {};
    private EndEvents events;
    private boolean wanted;
    private boolean closed;
    private int writes;

    @Override
    public void start(EndContext context, EndEvents newEvents) {
        events = newEvents;
    }

    /// What the end says to its port.
    EndEvents events() {
        return events;
    }

    /// Bytes that are taken from now on.
    void room(long bytes) {
        room = bytes;
    }

    /// What the host types.
    void type(String text) {
        byte[] more = text.getBytes(StandardCharsets.UTF_8);
        int had = input.length;
        input = Arrays.copyOf(input, had + more.length);
        System.arraycopy(more, 0, input, had, more.length);
        poll();
    }

    /// What an event loop does.
    void poll() {
        if (wanted && input.length > 0) {
            events.readable();
        }
    }

    int unread() {
        return input.length;
    }

    String text() {
        return taken.toString(StandardCharsets.UTF_8);
    }

    byte[] bytes() {
        return taken.toByteArray();
    }

    int writes() {
        return writes;
    }

    boolean isClosed() {
        return closed;
    }

    boolean wantsInput() {
        return wanted;
    }

    List<String> told() {
        return told;
    }

    @Override
    public long write(Output output) {
        writes++;
        long n = Math.min(room, output.length());
        byte[] bytes = new byte[(int) n];
        output.copy(0, MemorySegment.ofArray(bytes), n);
        taken.writeBytes(bytes);
        if (room != Long.MAX_VALUE) {
            room -= n;
        }
        return n;
    }

    @Override
    public int read(MemorySegment into) {
        int n = (int) Math.min(input.length, into.byteSize());
        MemorySegment.copy(input, 0, into, ValueLayout.JAVA_BYTE, 0, n);
        input = Arrays.copyOfRange(input, n, input.length);
        return n;
    }

    @Override
    public void wantInput(boolean now) {
        wanted = now;
    }

    @Override
    public void guestOpened(boolean open) {
        told.add(open ? "opened" : "closed");
    }

    @Override
    public void reopen() {
        told.add("reopen");
    }

    @Override
    public void close() {
        closed = true;
    }
}

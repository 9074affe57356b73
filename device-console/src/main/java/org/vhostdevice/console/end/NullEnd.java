package org.vhostdevice.console.end;

import java.lang.foreign.MemorySegment;

/// Takes everything and says nothing.
public final class NullEnd implements HostEnd {
    /// Makes an end.
    public NullEnd() {}

    @Override
    public void start(EndContext context, EndEvents events) {
        events.opened();
    }

    @Override
    public long write(Output output) {
        return output.length();
    }

    @Override
    public int read(MemorySegment into) {
        return 0;
    }

    @Override
    public void wantInput(boolean wanted) {}

    @Override
    public void close() {}
}

package org.vhostdevice.console.end;

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
    public void close() {}
}

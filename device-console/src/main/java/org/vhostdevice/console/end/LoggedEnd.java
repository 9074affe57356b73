package org.vhostdevice.console.end;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/// Another end, all output of which is added to a file too.
public final class LoggedEnd implements HostEnd {
    private final HostEnd end;
    private final FileSink log;

    /// Adds a file to an end.
    ///
    /// @param end closed with this one
    /// @param log closed with this one
    public LoggedEnd(HostEnd end, FileSink log) {
        this.end = end;
        this.log = log;
    }

    @Override
    public void start(EndContext context, EndEvents events) throws IOException {
        end.start(context, events);
    }

    @Override
    public long write(Output output) {
        long taken = end.write(output);
        if (taken > 0) {
            log.write(output, taken);
        }
        return taken;
    }

    @Override
    public int read(MemorySegment into) {
        return end.read(into);
    }

    @Override
    public void wantInput(boolean wanted) {
        end.wantInput(wanted);
    }

    @Override
    public void guestOpened(boolean open) {
        end.guestOpened(open);
    }

    @Override
    public void reopen() {
        end.reopen();
        log.reopen();
    }

    @Override
    public void close() {
        end.close();
        log.close();
    }
}

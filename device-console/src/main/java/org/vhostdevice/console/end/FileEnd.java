package org.vhostdevice.console.end;

import java.io.IOException;

/// A file that output is added to. There is no input.
public final class FileEnd implements HostEnd {
    private final FileSink sink;

    private FileEnd(FileSink sink) {
        this.sink = sink;
    }

    /// Opens a file.
    ///
    /// @param options what file
    /// @return the end
    /// @throws IOException if the host refuses
    public static FileEnd open(FileSink.Options options) throws IOException {
        return new FileEnd(FileSink.open(options));
    }

    @Override
    public void start(EndContext context, EndEvents events) {
        events.opened();
    }

    @Override
    public long write(Output output) {
        long bytes = output.length();
        sink.write(output, bytes);
        return bytes;
    }

    @Override
    public void reopen() {
        sink.reopen();
    }

    @Override
    public void close() {
        sink.close();
    }
}

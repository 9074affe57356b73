package org.vhostdevice.console.end;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// How a host end behaves.
///
/// @param name of the port, for lines in the host's log
/// @param telnet whether clients of a socket speak telnet
/// @param scrollback the most bytes of older output that a new client gets, 0 or more
/// @param retryNanos after which a connection to a server is tried again
/// @param stallNanos after which somebody at a socket is given up who takes nothing; 0 for never
/// @param rotation how its file and its log are kept
/// @param logPath where all output is added too; null for nowhere
public record EndOptions(
        String name,
        TelnetMode telnet,
        int scrollback,
        long retryNanos,
        long stallNanos,
        Rotation rotation,
        @Nullable Path logPath) {
    /// How files are kept.
    ///
    /// @param bytes size at which a new file is begun; 0 for never
    /// @param keep how many older files stay, 0 or more
    /// @param timestamps whether each line begins with the time
    public record Rotation(long bytes, int keep, boolean timestamps) {
        /// One file that grows.
        public static final Rotation NONE = new Rotation(0, 0, false);
    }

    /// What applies unless somebody says otherwise.
    public static final EndOptions DEFAULT =
            new EndOptions("", TelnetMode.OFF, 0, 1_000_000_000, 0, Rotation.NONE, null);

    /// {@return how the file is kept that output is added to too; null for none}
    FileSink.@Nullable Options log() {
        return logPath == null ? null : file(logPath);
    }

    /// {@return how a file is kept}
    ///
    /// @param path of it
    FileSink.Options file(Path path) {
        return new FileSink.Options(path, rotation.bytes(), rotation.keep(), rotation.timestamps());
    }
}

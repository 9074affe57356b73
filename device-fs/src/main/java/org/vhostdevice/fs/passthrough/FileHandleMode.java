package org.vhostdevice.fs.passthrough;

/// Whether the host's handles of files are used.
public enum FileHandleMode {
    /// Never.
    NEVER,
    /// Where the host has them and lets this process use them.
    PREFER,
    /// Only where it does.
    MANDATORY
}

package org.vhostdevice.fs;

/// How long the guest may use what it knows of a file without asking, in the words and with the meaning of virtiofsd.
public enum CachePolicy {
    /// Data as long as the file is open, attributes and names for a second.
    AUTO,
    /// All of it for a day.
    ALWAYS,
    /// Nothing.
    NEVER,
    /// Attributes and names for a day, but no data.
    METADATA
}

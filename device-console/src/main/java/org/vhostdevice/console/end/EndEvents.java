package org.vhostdevice.console.end;

/// What a [HostEnd] tells its port. Worker's thread only.
public interface EndEvents {
    /// Somebody is there now. Told once until [#closed].
    void opened();

    /// Nobody is there any more.
    void closed();

    /// A read would give something now.
    void readable();

    /// A write that took too little may be tried again.
    void writable();

    /// The terminal has another size.
    ///
    /// @param columns 1 to 65535, 0 if unknown
    /// @param rows 1 to 65535, 0 if unknown
    void resized(int columns, int rows);
}

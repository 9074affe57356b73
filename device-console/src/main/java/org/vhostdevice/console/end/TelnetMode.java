package org.vhostdevice.console.end;

/// Whether the connections of a port speak telnet (RFC 854), which carries the size of a client's window.
public enum TelnetMode {
    /// Never: every byte is the guest's.
    OFF,
    /// If the first bytes of a client are those by which `vhost-device console attach` begins.
    AUTO,
    /// Always.
    ON
}

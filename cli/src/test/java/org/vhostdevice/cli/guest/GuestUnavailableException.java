package org.vhostdevice.cli.guest;

/// Guests cannot be run on this host; the message says why in one line and is what a skipped test prints.
final class GuestUnavailableException extends Exception {
    private static final long serialVersionUID = 1L;

    GuestUnavailableException(String reason) {
        super(reason);
    }
}

package org.vhostdevice.core.frontend;

/// The back end closed the connection, or died.
public final class BackendDisconnected extends FrontendException {
    private static final long serialVersionUID = 1L;

    /// Tells when it happened.
    ///
    /// @param message what the front end was doing
    public BackendDisconnected(String message) {
        super(message);
    }
}

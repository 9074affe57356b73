package org.vhostdevice.core.frontend;

/// The back end did not answer in the time that the front end allows.
public final class BackendTimeout extends FrontendException {
    private static final long serialVersionUID = 1L;

    /// Tells what is missing.
    ///
    /// @param message what the front end waited for, and how long
    public BackendTimeout(String message) {
        super(message);
    }
}

package org.vhostdevice.core.frontend;

import java.io.IOException;

/// A back end that does not do what a front end needs of it. The subtype says how it failed.
public abstract sealed class FrontendException extends IOException
        permits BackendViolation, BackendRefusal, BackendDisconnected, BackendTimeout {
    private static final long serialVersionUID = 1L;

    FrontendException(String message) {
        super(message);
    }
}

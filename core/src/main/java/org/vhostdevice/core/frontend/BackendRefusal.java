package org.vhostdevice.core.frontend;

/// The back end refused a request, as it may: a non-zero acknowledgement, a feature that it does not offer, a device
/// status other than success.
public final class BackendRefusal extends FrontendException {
    private static final long serialVersionUID = 1L;

    /// Tells what was refused.
    ///
    /// @param message the request and the answer
    public BackendRefusal(String message) {
        super(message);
    }
}

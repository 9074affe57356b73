package org.vhostdevice.core.frontend;

/// The back end broke a rule of vhost-user or of virtio: a malformed reply, an impossible used ring entry.
public final class BackendViolation extends FrontendException {
    private static final long serialVersionUID = 1L;

    /// Tells which rule was broken.
    ///
    /// @param message what was seen and what the rule allows
    public BackendViolation(String message) {
        super(message);
    }
}

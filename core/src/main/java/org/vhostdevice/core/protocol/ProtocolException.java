package org.vhostdevice.core.protocol;

import java.io.IOException;

/// The other side of a vhost-user connection broke the protocol.
public final class ProtocolException extends IOException {
    private static final long serialVersionUID = 1L;

    /// Whether the connection must end.
    private final boolean fatal;

    private ProtocolException(String message, boolean fatal) {
        super(message);
        this.fatal = fatal;
    }

    /// A fault after which the byte stream cannot be followed any more.
    ///
    /// @param message what was wrong, for the log
    /// @return the exception, [#fatal()]
    public static ProtocolException fatal(String message) {
        return new ProtocolException(message, true);
    }

    /// A fault of one message, which is refused; the next one may be fine.
    ///
    /// @param message what was wrong, for the log
    /// @return the exception, not [#fatal()]
    public static ProtocolException refused(String message) {
        return new ProtocolException(message, false);
    }

    /// {@return whether the connection must end; otherwise only this message is refused}
    public boolean fatal() {
        return fatal;
    }
}

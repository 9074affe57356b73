package org.vhostdevice.core.session;

/// What a ring's worker tells the session. Called on worker threads.
interface SessionEvents {
    /// A ring was malformed and has stopped taking chains.
    ///
    /// @param queue its index
    void ringBroken(int queue);

    /// Something that no one expected came out of a ring or a device: the connection must end.
    ///
    /// @param cause an [InternalError] if guest memory has vanished
    void failed(Throwable cause);
}

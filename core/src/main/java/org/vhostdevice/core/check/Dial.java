package org.vhostdevice.core.check;

import java.io.IOException;
import java.time.Duration;
import org.vhostdevice.core.frontend.BackendDisconnected;
import org.vhostdevice.core.frontend.VhostUserClient;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.UnixSocket;

/// Connects to a back end as one that has just lost its front end needs it: some listen anew each time and drop who
/// came in between, and some end.
final class Dial {
    private static final long PAUSE_MILLIS = 5;

    private Dial() {}

    /// A way to connect.
    ///
    /// @param <T> what comes of it
    @FunctionalInterface
    interface Attempt<T> {
        /// Connects.
        T make() throws IOException;
    }

    /// Connects until an answer comes, to GET_FEATURES.
    ///
    /// @throws IOException if there is none in time
    static VhostUserClient answered(Target target, Duration timeout) throws IOException {
        return patiently(target, timeout, () -> attempt(target, timeout));
    }

    /// Connects until nothing is refused or dropped any more.
    ///
    /// @throws IOException if that does not happen in time
    static <T> T patiently(Target target, Duration timeout, Attempt<T> attempt) throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            target.ensureServing();
            try {
                return attempt.make();
            } catch (BackendDisconnected | ErrnoException e) {
                if (System.nanoTime() - deadline > 0) {
                    throw e;
                }
            }
            int _ = UnixSocket.poll(UnixSocket.NO_WAKEUP, 0, PAUSE_MILLIS);
        }
    }

    private static VhostUserClient attempt(Target target, Duration timeout) throws IOException {
        VhostUserClient client = VhostUserClient.connect(target.socket(), timeout);
        try {
            long _ = client.getFeatures();
            return client;
        } catch (IOException e) {
            client.close();
            throw e;
        }
    }
}

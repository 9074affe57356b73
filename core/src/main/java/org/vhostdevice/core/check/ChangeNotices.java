package org.vhostdevice.core.check;

import java.io.IOException;
import java.time.Duration;
import org.vhostdevice.core.frontend.BackendDisconnected;
import org.vhostdevice.core.frontend.BackendRequestChannel;
import org.vhostdevice.core.protocol.BackendRequest;

/// What a back end says of changes of its configuration. One thread.
final class ChangeNotices implements AutoCloseable {
    private final BackendRequestChannel channel;
    private int told;

    private ChangeNotices(CheckOptions options) throws IOException {
        channel = BackendRequestChannel.create((request, _) -> take(request), options.timeout());
    }

    /// Passes a channel to the back end of a device that is not started yet.
    static ChangeNotices of(LiveDevice device, CheckOptions options) throws IOException {
        ChangeNotices notices = new ChangeNotices(options);
        device.client().setBackendReqFd(notices.channel.backendEnd());
        notices.channel.closeBackendEnd();
        return notices;
    }

    private long take(BackendRequest request) {
        boolean known = request == BackendRequest.CONFIG_CHANGE_MSG;
        told += known ? 1 : 0;
        return known ? 0 : 1;
    }

    /// Waits until the back end tells of a change.
    ///
    /// @return whether it did
    boolean await(Duration within) throws IOException {
        long deadline = System.nanoTime() + within.toNanos();
        int before = told;
        try {
            while (told == before && channel.waitFor(left(deadline))) {
                channel.serve();
            }
        } catch (BackendDisconnected e) {
            // It does not want the channel.
        }
        return told > before;
    }

    private static Duration left(long deadline) {
        return Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
    }

    @Override
    public void close() {
        channel.close();
    }
}

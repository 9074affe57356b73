package org.vhostdevice.cli;

import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/// Lets SIGTERM, SIGINT and SIGHUP end a command in order and with status 0, instead of at once.
///
/// The JVM answers these signals by running its shutdown hooks beside all other threads. The hook here asks the command
/// to stop and holds the JVM until [#close].
final class StopSignal implements AutoCloseable {
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread hook = new Thread(this::arrive, "vhost-signal");

    private @Nullable Runnable action; // guarded by this
    private boolean arrived; // guarded by this

    StopSignal() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /// Says what to do when a signal arrives, at once if one has arrived. Called once.
    ///
    /// @param stop makes the command end soon; any thread
    void onArrival(Runnable stop) {
        synchronized (this) {
            action = stop;
            if (!arrived) {
                return;
            }
        }
        stop.run();
    }

    private void arrive() {
        Runnable stop;
        synchronized (this) {
            arrived = true;
            stop = action;
        }
        if (stop != null) {
            stop.run();
        }
        try {
            closed.await();
        } catch (InterruptedException e) {
            return; // nobody interrupts a hook; then the JVM ends with the signal's status
        }
        Runtime.getRuntime().halt(0);
    }

    /// The command has ended and freed what it had. If a signal arrived, the process ends now.
    @Override
    public void close() {
        closed.countDown();
        try {
            boolean _ = Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The hook runs and ends the process.
        }
    }
}

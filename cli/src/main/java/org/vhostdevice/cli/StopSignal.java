package org.vhostdevice.cli;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Lets SIGTERM and SIGINT, and SIGHUP where a command does not take it for itself, end a command in order and with
/// status 0, instead of at once.
///
/// The JVM answers these signals by running its shutdown hooks beside all other threads. The hook here asks the command
/// to stop and holds the JVM until [#close], but for no more than half a minute: a host that never completes a request
/// must not keep the process for ever. What was acknowledged is safe then, what was not is the front end's to repeat.
final class StopSignal implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("org.vhostdevice.cli");
    private static final Duration PATIENCE = Duration.ofSeconds(30);

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
        Runtime.getRuntime().halt(statusAtEnd(PATIENCE));
    }

    /// Waits for the command's end.
    ///
    /// @return the exit status: 1 if the command does not end, as when the host never answers a read
    int statusAtEnd(Duration patience) {
        try {
            if (closed.await(patience.toNanos(), TimeUnit.NANOSECONDS)) {
                return 0;
            }
        } catch (InterruptedException e) {
            return 1; // nobody interrupts a hook
        }
        LOG.log(Level.ERROR, "requests in flight do not end; the process ends without them");
        return 1;
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

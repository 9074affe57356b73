package org.vhostdevice.core.session;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.protocol.ProtocolException;

/// Waits, on the control thread, for what workers were asked to do.
final class WorkerReplies {
    private static final Logger LOGGER = System.getLogger(WorkerReplies.class.getName());
    private static final long STEP_MILLIS = 500;
    private static final int STEPS_UNTIL_WARNING = 10;

    private final Runnable whenSlow;

    /// @param whenSlow done every half second of waiting, to free a worker that a front end holds up
    WorkerReplies(Runnable whenSlow) {
        this.whenSlow = whenSlow;
    }

    /// Waits for a reply, however long a device needs to finish its I/O.
    ///
    /// @throws ProtocolException not fatal if the command was refused; fatal if the worker failed, which ends the
    ///     connection
    <T extends @Nullable Object> T await(CompletableFuture<T> reply) throws ProtocolException {
        boolean interrupted = false;
        try {
            for (int steps = 1; ; steps++) {
                try {
                    return reply.get(STEP_MILLIS, TimeUnit.MILLISECONDS);
                } catch (TimeoutException e) {
                    whenSlow.run();
                    if (steps % STEPS_UNTIL_WARNING == 0) {
                        LOGGER.log(Level.WARNING, "still waiting for requests in flight");
                    }
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    throw refusal(e.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static ProtocolException refusal(@Nullable Throwable cause) {
        String reason = cause == null ? "unknown" : String.valueOf(cause.getMessage());
        return cause instanceof IllegalStateException
                ? ProtocolException.fatal(reason)
                : ProtocolException.refused(reason);
    }
}

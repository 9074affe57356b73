package org.vhostdevice.fs.queue;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.QueueContext;

/// Requests that a queue's worker has handed to other threads, on their way back.
final class Handover {
    private final QueueContext context;
    private final Consumer<FsRequest> taken;
    private final LinkedBlockingQueue<FsRequest> done = new LinkedBlockingQueue<>();
    private final AtomicBoolean told = new AtomicBoolean();
    private int away;

    /// @param taken gets each request that has come back, on the worker's thread
    Handover(QueueContext context, Consumer<FsRequest> taken) {
        this.context = context;
        this.taken = taken;
    }

    /// A request is handed over. Worker's thread.
    void sent() {
        away++;
    }

    /// Takes a request back from its thread. Any thread.
    void giveBack(FsRequest request) {
        done.add(request);
        if (told.compareAndSet(false, true)) {
            context.execute(this::takeBack);
        }
    }

    private void takeBack() {
        told.set(false);
        for (FsRequest request = done.poll(); request != null; request = done.poll()) {
            take(request);
        }
    }

    private void take(FsRequest request) {
        away--;
        taken.accept(request);
    }

    /// Waits for all that are away, whatever comes out of them: the host may still write to guest memory, which is
    /// unmapped afterwards. Worker's thread.
    void close() {
        RuntimeException exception = null;
        Error error = null;
        while (away > 0) {
            try {
                take(next());
            } catch (RuntimeException e) {
                exception = e;
            } catch (Error e) {
                error = e;
            }
        }
        rethrow(exception, error);
    }

    private static void rethrow(@Nullable RuntimeException exception, @Nullable Error error) {
        if (error != null) {
            throw error;
        }
        if (exception != null) {
            throw exception;
        }
    }

    private FsRequest next() {
        boolean interrupted = false;
        while (true) {
            try {
                FsRequest request = done.take();
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
                return request;
            } catch (InterruptedException e) {
                interrupted = true; // nobody interrupts a worker
            }
        }
    }
}

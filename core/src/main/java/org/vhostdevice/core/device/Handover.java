package org.vhostdevice.core.device;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/// Requests that a queue's worker has handed to other threads, on their way back.
///
/// @param <T> a request
public final class Handover<T> {
    private final QueueContext context;
    private final Consumer<T> taken;
    private final LinkedBlockingQueue<T> done = new LinkedBlockingQueue<>();
    private final AtomicBoolean told = new AtomicBoolean();
    private int away;

    /// Makes an object without requests.
    ///
    /// @param context of the queue
    /// @param taken gets each request that has come back, on the worker's thread
    public Handover(QueueContext context, Consumer<T> taken) {
        this.context = context;
        this.taken = taken;
    }

    /// A request is handed over. Worker's thread.
    public void sent() {
        away++;
    }

    /// {@return how many requests other threads have} Worker's thread.
    public int away() {
        return away;
    }

    /// Takes a request back from its thread, which touches neither it nor guest memory any more. Any thread.
    ///
    /// @param request that was sent
    public void giveBack(T request) {
        done.add(request);
        if (told.compareAndSet(false, true)) {
            context.execute(this::takeBack);
        }
    }

    private void takeBack() {
        told.set(false);
        for (T request = done.poll(); request != null; request = done.poll()) {
            take(request);
        }
    }

    private void take(T request) {
        away--;
        taken.accept(request);
    }

    /// Waits for all that are away, and throws what came out of them at the end. Worker's thread.
    public void close() {
        Faults faults = new Faults();
        while (away > 0) {
            faults.collect(() -> take(next()));
        }
        faults.rethrow();
    }

    private T next() {
        boolean interrupted = false;
        while (true) {
            try {
                T request = done.take();
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

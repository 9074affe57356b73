package org.vhostdevice.core.device;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A request that another thread may do for a queue's worker; the worker's own but while [#run] is called. Such objects
/// are used again.
///
/// @param <T> the request itself
public abstract class HandedOver<T extends HandedOver<T>> implements Runnable {
    private final Consumer<? super T> giveBack;
    private @Nullable Throwable fault;

    /// Makes an object that was not handed over yet.
    ///
    /// @param giveBack told by [#run] that it is done, such as [Handover#giveBack]; any thread
    protected HandedOver(Consumer<? super T> giveBack) {
        this.giveBack = giveBack;
    }

    /// Does it, and waits for that. Any thread.
    protected abstract void perform();

    /// {@return this object}
    protected abstract T self();

    /// Does it, waits for that, and gives it back. Any thread.
    @Override
    public final void run() {
        try {
            perform();
        } catch (RuntimeException | Error e) {
            fault = e;
        }
        giveBack.accept(self());
    }

    /// Forgets what came out of it before. Worker's thread.
    protected final void begin() {
        fault = null;
    }

    /// Throws what came out of [#run], if anything did: guest memory was taken away, or a mistake of ours. Worker's
    /// thread.
    public final void rethrow() {
        switch (fault) {
            case null -> {}
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new IllegalStateException(fault);
        }
    }
}

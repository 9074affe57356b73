package org.vhostdevice.core.testkit;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

/// Actions of a test on threads of their own.
public final class Background {
    private Background() {}

    /// An action without a result.
    @FunctionalInterface
    public interface Action {
        /// Does it.
        ///
        /// @throws Exception to make the future fail
        void run() throws Exception;
    }

    /// Calls something on a new daemon thread.
    ///
    /// @param <T>  type of its result
    /// @param call what to do
    /// @return its result, or what it threw
    public static <T> CompletableFuture<T> call(Callable<T> call) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("test-background").start(() -> {
            try {
                result.complete(call.call());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }

    /// Runs something on a new daemon thread.
    ///
    /// @param action what to do
    /// @return done when it returns, failed with what it threw
    public static CompletableFuture<?> run(Action action) {
        return call(() -> {
            action.run();
            return Boolean.TRUE;
        });
    }
}

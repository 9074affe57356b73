package org.vhostdevice.core.session;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// Waits for what another thread does and tells nobody of.
final class Waiting {
    private static final long LIMIT_NANOS = Duration.ofSeconds(20).toNanos();
    private static final long LOOK_EVERY_NANOS = 200_000;

    private Waiting() {}

    static void until(BooleanSupplier condition, Supplier<String> what) {
        long deadline = System.nanoTime() + LIMIT_NANOS;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("waited in vain until " + what.get());
            }
            LockSupport.parkNanos(LOOK_EVERY_NANOS);
        }
    }
}

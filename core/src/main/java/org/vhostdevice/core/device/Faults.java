package org.vhostdevice.core.device;

import org.jspecify.annotations.Nullable;

/// What comes out of the end of requests, such as guest memory that has been taken away. It must not keep others from
/// being waited for: the host may still write where they say, and their memory is unmapped afterwards. One thread.
public final class Faults {
    private @Nullable RuntimeException exception;
    private @Nullable Error error;

    /// Makes an object without faults.
    public Faults() {}

    /// Takes a step, and keeps what comes out of it.
    ///
    /// @param step may throw
    public void collect(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException e) {
            exception = e;
        } catch (Error e) {
            error = e;
        }
    }

    /// Throws what came, if anything did.
    public void rethrow() {
        if (error != null) {
            throw error;
        }
        if (exception != null) {
            throw exception;
        }
    }
}

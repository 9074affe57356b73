package org.vhostdevice.blk.queue;

import org.jspecify.annotations.Nullable;

/// What comes out of the end of transfers, such as guest memory that has been taken away. It must not keep others from
/// being waited for: the host may still write where they say, and their memory is unmapped afterwards.
final class Faults {
    private @Nullable RuntimeException exception;
    private @Nullable Error error;

    /// Takes a step, and keeps what comes out of it.
    void collect(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException e) {
            exception = e;
        } catch (Error e) {
            error = e;
        }
    }

    /// Throws what came, if anything did.
    void rethrow() {
        if (error != null) {
            throw error;
        }
        if (exception != null) {
            throw exception;
        }
    }
}

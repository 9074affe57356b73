package org.vhostdevice.cli.doctor;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.vhostdevice.cli.child.ProcessTree;
import org.vhostdevice.core.sys.ServiceManager;

/// Runs a program that may be anything, for a limited time, and takes a limited part of what it prints.
final class ProgramOutput {
    private static final int MOST_BYTES = 1 << 20;

    private final Duration limit;

    /// @param limit for each run
    ProgramOutput(Duration limit) {
        this.limit = limit;
    }

    /// What a program prints on standard output and standard error, until it ends or the time is over. Then it is
    /// killed, with all that it has started.
    ///
    /// @return nothing if it cannot be started, does not end in time or prints too much
    Optional<String> of(List<String> command) throws InterruptedException {
        Process process;
        try {
            process = ServiceManager.child(command)
                    .redirectErrorStream(true)
                    .redirectInput(new File("/dev/null"))
                    .start();
        } catch (IOException e) {
            return Optional.empty();
        }
        CompletableFuture<Optional<String>> output = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("output").start(() -> output.complete(read(process.getInputStream())));
        try {
            return output.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return Optional.empty();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        } finally {
            ProcessTree.kill(process.toHandle());
        }
    }

    private static Optional<String> read(InputStream from) {
        try (from) {
            byte[] bytes = from.readNBytes(MOST_BYTES + 1);
            boolean whole = bytes.length <= MOST_BYTES;
            return whole ? Optional.of(new String(bytes, StandardCharsets.UTF_8)) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}

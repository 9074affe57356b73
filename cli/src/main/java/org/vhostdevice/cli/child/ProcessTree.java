package org.vhostdevice.cli.child;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.vhostdevice.core.sys.ServiceManager;

/// A process and all that it started.
public final class ProcessTree {
    private static final int KIB = 1024;
    private static final int PS_SECONDS = 10;
    private static final int END_SECONDS = 10;

    private ProcessTree() {}

    /// The processor time that the processes alive have used.
    ///
    /// @param root the process that started all others
    /// @return the time, if the host tells
    public static Optional<Duration> cpu(ProcessHandle root) {
        return all(root)
                .map(process -> process.info().totalCpuDuration())
                .flatMap(Optional::stream)
                .reduce(Duration::plus);
    }

    /// Asks all processes to end (SIGTERM), ends those that do not in time (SIGKILL), and returns when all have ended:
    /// what they had locked is free.
    ///
    /// @param root the process that started all others
    /// @throws InterruptedException if this thread is interrupted meanwhile
    public static void end(ProcessHandle root) throws InterruptedException {
        List<ProcessHandle> processes = all(root).toList();
        for (ProcessHandle process : processes) {
            boolean _ = process.destroy();
        }
        for (ProcessHandle process : processes) {
            try {
                ProcessHandle _ = process.onExit().get(END_SECONDS, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                boolean _ = process.destroyForcibly();
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /// Ends all processes at once (SIGKILL), and returns when they have ended.
    ///
    /// @param root the process that started all others
    public static void kill(ProcessHandle root) {
        List<ProcessHandle> processes = all(root).toList();
        for (ProcessHandle process : processes) {
            boolean _ = process.destroyForcibly();
        }
        for (ProcessHandle process : processes) {
            ProcessHandle _ = process.onExit().join();
        }
    }

    /// Lets all processes stand still (SIGSTOP), by `kill`, which all hosts have.
    ///
    /// @param root the process that started all others
    /// @return whether all of them were told
    /// @throws IOException if there is no `kill`
    /// @throws InterruptedException if this thread is interrupted meanwhile
    static boolean pause(ProcessHandle root) throws IOException, InterruptedException {
        Stream<String> numbers = all(root).map(ProcessHandle::pid).map(String::valueOf);
        List<String> words = Stream.concat(Stream.of("kill", "-STOP"), numbers).toList();
        return ServiceManager.child(words).start().waitFor() == 0;
    }

    /// Resident memory of one process, from `ps`, which all hosts have.
    ///
    /// @param pid its number
    /// @return bytes
    /// @throws IOException if `ps` does not tell
    /// @throws InterruptedException if this thread is interrupted meanwhile
    public static long residentBytes(long pid) throws IOException, InterruptedException {
        Process ps = ServiceManager.child(List.of("ps", "-o", "rss=", "-p", String.valueOf(pid)))
                .start();
        try (var lines = ps.inputReader()) {
            String line = lines.readLine();
            if (line == null || !ps.waitFor(PS_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException("ps does not tell the memory of process " + pid);
            }
            return Long.parseLong(line.strip()) * KIB;
        } catch (NumberFormatException e) {
            throw new IOException("ps does not tell the memory of process " + pid, e);
        }
    }

    private static Stream<ProcessHandle> all(ProcessHandle root) {
        return Stream.concat(Stream.of(root), root.descendants());
    }
}

package org.vhostdevice.cli.guest;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/// A process that a test started, with all its descendants. None of them outlives [#close] or this JVM.
final class OwnedProcess implements AutoCloseable {
    private static final Set<OwnedProcess> LIVE = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> LIVE.forEach(OwnedProcess::kill), "kill-guests"));
    }

    private final Process process;

    private OwnedProcess(Process process) {
        this.process = process;
    }

    static OwnedProcess start(ProcessBuilder builder) throws IOException {
        OwnedProcess owned = new OwnedProcess(builder.start());
        LIVE.add(owned);
        return owned;
    }

    Process process() {
        return process;
    }

    /// Starts to collect what the process prints; called once.
    Console readOutput() {
        return new Console(process.getInputStream(), "output-of-" + process.pid());
    }

    /// Waits for the end of the process itself.
    ///
    /// @return whether it ended in time
    boolean awaitEnd(Duration limit) {
        try {
            return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for process " + process.pid(), e);
        }
    }

    /// Sends SIGKILL to the process and its descendants, and waits for the end of the process itself.
    ///
    /// A User Mode Linux kernel leads a process group, which is killed as one: it makes children all the time.
    void kill() {
        List<ProcessHandle> descendants = process.descendants().toList();
        killGroup();
        process.destroyForcibly();
        descendants.forEach(ProcessHandle::destroyForcibly);
        process.onExit().join();
    }

    private void killGroup() {
        try {
            // Java has no process groups; a process that leads none makes this command fail, which is well.
            var _ = HostCommand.run(Path.of("/"), List.of("sh", "-c", "kill -s KILL -- -" + process.pid()));
        } catch (IOException e) {
            throw new IllegalStateException("no shell", e);
        }
    }

    @Override
    public void close() {
        kill();
        LIVE.remove(this);
    }
}

package org.vhostdevice.console.end;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.vhostdevice.core.device.Deadlines;
import org.vhostdevice.core.device.Watcher;
import org.vhostdevice.core.sys.Poller;

/// An event loop on the test's thread, and a port that notes what an end says.
final class TestLoop implements EndContext, EndEvents, AutoCloseable {
    private static final long LOOK_NANOS = 1_000_000;

    private final Poller poller = Poller.create();
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private long now;
    private final Deadlines deadlines = new Deadlines(() -> now);
    private final List<String> told = new ArrayList<>();
    private int readable;
    private int writable;
    private Runnable onReadable = () -> {};

    TestLoop() throws IOException {}

    /// What the end has said of those who are there, and of sizes.
    List<String> told() {
        return told;
    }

    int readableCount() {
        return readable;
    }

    int writableCount() {
        return writable;
    }

    /// What the port does when there is input.
    void onReadable(Runnable action) {
        onReadable = action;
    }

    /// Lets the time of all deadlines come.
    void passTime() {
        pass(TimeUnit.DAYS.toNanos(1));
    }

    /// Lets some time pass.
    void pass(long nanos) {
        now += nanos;
        deadlines.run();
    }

    /// Whether something is to happen later.
    boolean hasDeadline() {
        return deadlines.patience() < Long.MAX_VALUE;
    }

    /// Looks at everything once.
    void step() throws IOException {
        if (Thread.interrupted()) {
            throw new IllegalStateException("it has taken too long: " + told);
        }
        int ready = poller.await(tasks.isEmpty() ? LOOK_NANOS : 0);
        for (int i = 0; i < ready; i++) {
            if (poller.ready(i) != 0) {
                ((Watcher) poller.token(i)).ready(poller.ready(i));
            }
        }
        for (int n = tasks.size(); n > 0; n--) {
            tasks.remove().run();
        }
    }

    /// Goes on until something is so.
    void until(BooleanSupplier condition) throws IOException {
        while (!condition.getAsBoolean()) {
            step();
        }
    }

    /// Goes on for a few rounds, in which nothing is expected.
    void idle() throws IOException {
        for (int i = 0; i < 20; i++) {
            step();
        }
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    @Override
    public void watch(int fd, int interest, Watcher watcher) throws IOException {
        poller.add(fd, interest, watcher);
    }

    @Override
    public void rewatch(int fd, int interest) {
        try {
            poller.modify(fd, interest);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void unwatch(int fd) {
        poller.remove(fd);
    }

    @Override
    public Deadlines deadlines() {
        return deadlines;
    }

    @Override
    public void opened() {
        told.add("opened");
    }

    @Override
    public void closed() {
        told.add("closed");
    }

    @Override
    public void readable() {
        readable++;
        onReadable.run();
    }

    @Override
    public void writable() {
        writable++;
    }

    @Override
    public void resized(int columns, int rows) {
        told.add(columns + "x" + rows);
    }

    @Override
    public void close() {
        poller.close();
    }
}

package org.vhostdevice.core.session;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.HostSide;
import org.vhostdevice.core.device.Watcher;
import org.vhostdevice.core.device.WorkerContext;
import org.vhostdevice.core.memory.GuestMemoryException;
import org.vhostdevice.core.sys.EventConsumer;
import org.vhostdevice.core.sys.FileTransfers;
import org.vhostdevice.core.sys.MemoryFaults;
import org.vhostdevice.core.sys.Poller;
import org.vhostdevice.core.sys.Wakeup;

/// A platform thread that serves the rings of one worker number, for as long as the server lives.
///
/// It alone touches its rings and the guest memory behind them. Other threads send it tasks, which run between two
/// batches of chains. In steady state it takes no lock and allocates nothing.
///
/// Guest memory may vanish under it at any time, because the front end truncated the file. Java throws an
/// [InternalError] then, at the access or a little later. This and every other unchecked exception out of a ring or
/// a device ends in [#run] and costs the front end its connection.
final class VringWorker implements WorkerContext, AutoCloseable {
    private static final Logger LOGGER = System.getLogger(VringWorker.class.getName());

    /// Tasks run before the rings get their turn.
    private static final int MAX_TASKS = 256;

    private final long busyWaitNanos;
    private final Poller poller;
    private final Wakeup wakeup;
    private final Thread thread;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    /// Whether the thread was woken for tasks that it has not looked at.
    private final AtomicBoolean woken = new AtomicBoolean();
    private volatile boolean ended;

    // Owned by the thread.
    private @Nullable HostSide hostSide;
    private final List<Vring> rings = new ArrayList<>();
    private boolean ending;
    /// Whether rings may have something to publish.
    private boolean unsettled;
    private int faults;
    private @Nullable Throwable fault; // to be dealt with

    private VringWorker(String name, long busyWaitNanos, Poller poller, Wakeup wakeup) {
        this.busyWaitNanos = busyWaitNanos;
        this.poller = poller;
        this.wakeup = wakeup;
        this.thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
    }

    /// Starts a worker.
    ///
    /// @param name of its thread
    /// @param busyWaitNanos how long an empty ring is looked at before the thread sleeps
    /// @param poller what it waits with, which it closes
    /// @throws IOException if the process has too many open files
    static VringWorker start(String name, long busyWaitNanos, Poller poller) throws IOException {
        try {
            return start(name, busyWaitNanos, poller, Wakeup.create());
        } catch (Throwable e) {
            poller.close();
            throw e;
        }
    }

    private static VringWorker start(String name, long busyWaitNanos, Poller poller, Wakeup wakeup) throws IOException {
        try {
            poller.add(wakeup.fd(), Poller.READ, wakeup);
            var worker = new VringWorker(name, busyWaitNanos, poller, wakeup);
            worker.thread.start();
            return worker;
        } catch (Throwable e) {
            wakeup.close();
            throw e;
        }
    }

    /// What another thread wants done by the worker.
    @FunctionalInterface
    interface Command<T> {
        /// Does it, on the worker thread.
        ///
        /// @throws IOException if the host or the device refuses
        /// @throws GuestMemoryException if guest memory is not as the front end says
        T run() throws IOException, GuestMemoryException;
    }

    /// A task that somebody waits for.
    private record Order(Runnable task) implements Runnable {
        @Override
        public void run() {
            task.run();
        }
    }

    /// Runs a task on the worker thread, soon, and whatever fails before. Any thread.
    void order(Runnable task) {
        execute(new Order(task));
    }

    /// Runs a task on the worker thread, soon. It may get lost when guest memory does. Any thread.
    @Override
    public void execute(Runnable task) {
        tasks.add(task);
        if (!Thread.currentThread().equals(thread) && woken.compareAndSet(false, true)) {
            wakeup.wake();
        }
    }

    /// Runs a command between two batches. Any thread.
    ///
    /// @return its result; it fails with the command's checked exception, or with [IllegalStateException] if
    ///     anything else came out of it, which ends the connection, or if the worker has ended
    <T> CompletableFuture<T> submit(Command<T> command) {
        var result = new CompletableFuture<T>();
        order(() -> {
            try {
                result.complete(command.run());
            } catch (IOException | GuestMemoryException e) {
                result.completeExceptionally(e);
            } finally {
                result.completeExceptionally(new IllegalStateException("the worker failed"));
            }
        });
        if (ended) {
            result.completeExceptionally(new IllegalStateException("the worker has ended"));
        }
        return result;
    }

    /// Looks after the host's side of the device from now on, until the thread ends. Any thread; called once.
    ///
    /// @throws IOException if the host refuses
    void lookAfter(HostSide side) throws IOException {
        try {
            var _ = submit(() -> {
                        hostSide = side;
                        side.begin(this);
                        return side;
                    })
                    .join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof IOException refused) {
                throw refused;
            }
            throw e;
        }
    }

    /// Ends the thread once all tasks given so far have run, and waits for it. All its rings have stopped.
    @Override
    public void close() {
        order(() -> ending = true);
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /// Whether another thread wants something: a batch ends early then. Worker thread.
    boolean interrupted() {
        return woken.getOpaque();
    }

    /// Begins to serve a ring. Worker thread.
    void add(Vring ring) {
        rings.add(ring);
    }

    /// Serves a ring no longer, if it ever did. Worker thread.
    void forget(Vring ring) {
        rings.remove(ring);
    }

    /// Begins to wait for a ring's kicks. Worker thread.
    ///
    /// @return whether the descriptor must be drained when it was kicked
    /// @throws IOException if the host cannot wait for such a descriptor
    boolean watch(EventConsumer kick, Vring ring) throws IOException {
        return kick.watch(poller, ring);
    }

    /// Begins to watch a descriptor for a device. Worker thread.
    ///
    /// @throws IOException if the host cannot
    @Override
    public void watch(int fd, int interest, Watcher watcher) throws IOException {
        poller.add(fd, interest, watcher);
    }

    /// Changes what a device waits for. Worker thread.
    ///
    /// @throws IOException if the host cannot
    @Override
    public void rewatch(int fd, int interest) throws IOException {
        poller.modify(fd, interest);
    }

    /// Watches a descriptor no longer. Worker thread.
    @Override
    public void unwatch(int fd) {
        poller.remove(fd);
    }

    @Override
    public FileTransfers transfers(FileTransfers.Completion completion) throws IOException {
        return poller.transfers(completion);
    }

    /// Hands the host what devices have prepared, before the thread does something else than to wait. Worker thread.
    void submit() {
        try {
            poller.submit();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// How long an empty ring is looked at before the thread sleeps.
    long busyWaitNanos() {
        return busyWaitNanos;
    }

    /// Whether there is one ring only, so that others do not wait while it is looked at. Worker thread.
    boolean servesOneRing() {
        return rings.size() == 1;
    }

    /// Waits for a ring's kicks no longer. Worker thread.
    void unwatch(EventConsumer kick) {
        unwatch(kick.fd());
    }

    /// Whether the chains still in flight are those that were lost when something failed. Worker thread.
    boolean onlyLostChains() {
        int inFlight = 0;
        for (Vring ring : rings) {
            inFlight += ring.inFlight();
        }
        return inFlight <= faults;
    }

    /// Two handlers, since one more fault of memory may come at the entry of the first.
    private void run() {
        boolean done = false;
        while (!done) {
            try {
                done = runUntilFault();
            } catch (RuntimeException | Error e) {
                var _ = MemoryFaults.take();
                fault = e;
            }
        }
        end();
    }

    /// @return whether the thread is to end
    private boolean runUntilFault() {
        try {
            Throwable last = fault;
            fault = null;
            if (last != null) {
                fail(last);
            }
            while (!ending) {
                serve();
            }
            MemoryFaults.report(); // here, and not while the thread ends
            return true;
        } catch (IOException e) {
            var _ = MemoryFaults.take();
            fail(e);
            return true;
        } catch (RuntimeException | Error e) {
            var _ = MemoryFaults.take(); // one that came below would end the thread
            fault = e;
            return false;
        }
    }

    private void serve() throws IOException {
        int ready = poller.await(unsettled ? 0 : patience());
        unsettled = false;
        for (int i = 0; i < ready; i++) {
            if (poller.ready(i) == 0) {
                continue;
            }
            switch (poller.token(i)) {
                case Vring ring -> ring.kicked();
                case Watcher watcher -> watcher.ready(poller.ready(i));
                default -> wakeup.drain();
            }
        }
        runTasks();
        if (hostSide != null) {
            hostSide.look();
        }
        for (int i = 0; i < rings.size(); i++) {
            rings.get(i).drain();
        }
        for (int i = 0; i < rings.size(); i++) {
            rings.get(i).look(); // what is found may be another ring's
        }
        for (int i = rings.size() - 1; i >= 0; i--) {
            if (rings.get(i).settle()) {
                MemoryFaults.report(); // one that came below would leave the ring half finished
                rings.remove(i).finish();
                unsettled = true; // its last look may have found what is another's
            }
        }
        if (rings.isEmpty()) {
            faults = 0;
        }
    }

    private void runTasks() {
        woken.set(false); // from now on a new task wakes the thread again
        for (int i = 0; i < MAX_TASKS; i++) {
            Runnable task = tasks.peek();
            if (task == null) {
                return;
            }
            if (task instanceof Order) {
                MemoryFaults.report(); // one that came below would lose the order
            }
            var _ = tasks.poll();
            task.run();
        }
    }

    /// How long nothing needs to be looked at, in nanoseconds; negative is for ever.
    private long patience() {
        if (!tasks.isEmpty()) {
            return 0;
        }
        long least = hostSide == null ? Long.MAX_VALUE : hostSide.patience();
        for (int i = 0; i < rings.size(); i++) {
            least = Math.min(least, rings.get(i).patience());
        }
        return least == Long.MAX_VALUE ? -1 : least;
    }

    private void fail(Throwable cause) {
        faults++;
        if (rings.isEmpty()) {
            Failures.log(LOGGER, cause);
        }
        for (Vring ring : rings) {
            ring.abandon(cause);
        }
    }

    private void end() {
        ended = true;
        for (Vring ring : rings) {
            ring.finish();
        }
        rings.clear();
        try {
            runTasks();
            if (hostSide != null) {
                hostSide.end();
            }
        } catch (RuntimeException | Error e) {
            fail(e);
        }
        poller.close();
        wakeup.close();
    }
}

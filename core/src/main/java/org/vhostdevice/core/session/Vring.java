package org.vhostdevice.core.session;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.core.device.Watcher;
import org.vhostdevice.core.memory.GuestMemory;
import org.vhostdevice.core.memory.GuestMemoryException;
import org.vhostdevice.core.sys.EventConsumer;
import org.vhostdevice.core.sys.EventNotifier;
import org.vhostdevice.core.sys.FileTransfers;
import org.vhostdevice.core.sys.MemoryFaults;
import org.vhostdevice.core.virtqueue.BrokenQueueException;
import org.vhostdevice.core.virtqueue.DescriptorChain;
import org.vhostdevice.core.virtqueue.FeatureSet;
import org.vhostdevice.core.virtqueue.InflightArea;
import org.vhostdevice.core.virtqueue.RingLog;
import org.vhostdevice.core.virtqueue.RingSetup;
import org.vhostdevice.core.virtqueue.Virtqueue;

/// A started ring: takes its chains, hands them to the device, publishes and notifies.
///
/// Lives from the start of the ring to its stop, on its worker's thread; only [#execute] may be called from
/// elsewhere. The descriptors are borrowed from the control thread, which closes them once the ring uses them no
/// longer.
final class Vring implements QueueContext {
    private static final Logger LOGGER = System.getLogger(Vring.class.getName());

    /// Chains taken before the worker looks at its other events.
    private static final int BATCH = 256;

    /// Chains after which the driver gets what is done, so that it wakes up while the rest of the batch is served.
    private static final int EARLY = 8;
    /// Batches before the worker looks at its other events, even if there are more.
    private static final int ROUNDS = 64;

    /// How often a ring without kick descriptor is looked at, in nanoseconds.
    private static final long POLL_INTERVAL = 1_000_000;
    /// How long a stop waits for chains once something has failed, in nanoseconds.
    private static final long PATIENCE_AFTER_FAILURE = 1_000_000_000;

    private final int index;
    private final VringWorker worker;
    private final SessionEvents events;
    private final RingSignals signals;
    private final RingKick kick;
    private final QueueMetrics metrics;
    private final RingSetup setup;
    private final Virtqueue queue;
    private final boolean recorded;
    private final boolean goesOn;
    private QueueHandler handler = new NotStarted();

    // The ring lies in the newest snapshot of guest memory.
    private boolean inMemory = true;
    private final BusyWait busyWait;
    private final KickPacing pacing;
    private final BooleanSupplier chainOrTask;
    private @Nullable RingLog log;
    // A kick by message waits for the worker.
    private final AtomicBoolean kickWaits = new AtomicBoolean();

    private boolean enabled;
    private boolean broken;
    private boolean abandoned;
    private boolean stopping;
    private boolean left;
    private long stopBegan;
    // Chains may wait that the driver will not announce.
    private boolean pending;
    private boolean saturated;
    private final CompletableFuture<Stopped> stopped = new CompletableFuture<>();

    /// Where a ring begins.
    ///
    /// @param setup its place and size
    /// @param memory guest memory, which the ring retains
    /// @param base where it goes on, as [Virtqueue#base] says
    /// @param inflight where chains in flight are recorded; null for nowhere
    record Start(
            RingSetup setup,
            GuestMemory memory,
            int base,
            @Nullable InflightArea inflight) {}

    /// Where a ring has ended.
    ///
    /// @param base where it goes on, as [Virtqueue#base] says
    /// @param drained whether no chain was left recorded as in flight
    record Stopped(int base, boolean drained) {}

    /// What a ring belongs to.
    ///
    /// @param worker the thread
    /// @param events told what goes wrong
    /// @param notices tells the front end where it wants messages
    /// @param metrics counts
    record Owner(VringWorker worker, SessionEvents events, FrontendNotices notices, QueueMetrics metrics) {}

    /// Prepares a ring.
    ///
    /// @throws GuestMemoryException if it is not inside guest memory or misaligned
    Vring(int index, Start start, Owner owner) throws GuestMemoryException {
        this.index = index;
        this.worker = owner.worker();
        this.events = owner.events();
        this.metrics = owner.metrics();
        this.kick = new RingKick(owner.worker());
        this.setup = start.setup();
        this.recorded = start.inflight() != null;
        this.goesOn = start.base() != RingSetup.firstBase(start.setup().features());
        this.pacing = new KickPacing(start.setup().size());
        this.queue = Virtqueue.open(start.setup(), start.memory(), start.base(), start.inflight());
        this.signals = new RingSignals(index, queue, owner.notices(), owner.metrics());
        this.busyWait = new BusyWait(worker.busyWaitNanos(), worker::submit, signals::remind);
        this.chainOrTask = () -> queue.mayHaveMore() || worker.interrupted();
    }

    /// Lets the device begin and serves the ring from now on. If it throws, the ring is to be discarded.
    ///
    /// @param newKick signals new chains; null if messages announce them, or nothing does
    /// @param regularly whether to look for chains that nothing announces
    /// @throws IOException if the device cannot serve it, or the host cannot wait for the descriptor
    void start(VirtioDevice device, @Nullable EventConsumer newKick, boolean regularly) throws IOException {
        useKick(newKick, regularly);
        MemoryFaults.report(); // one that came below would leave a started handler behind
        handler = device.start(this);
        worker.add(this);
    }

    /// Takes back what was done to start the ring, as far as that came.
    void discard() {
        var _ = MemoryFaults.take();
        try {
            worker.forget(this);
            kick.unwatch();
            handler.close();
        } finally {
            queue.close();
        }
    }

    @Override
    public int index() {
        return index;
    }

    @Override
    public FeatureSet features() {
        return setup.features();
    }

    @Override
    public boolean goesOn() {
        return goesOn;
    }

    @Override
    public void resume() {
        pending = true;
    }

    @Override
    public void execute(Runnable task) {
        worker.execute(task);
    }

    @Override
    public void watch(int fd, int interest, Watcher watcher) throws IOException {
        worker.watch(fd, interest, watcher);
    }

    @Override
    public void rewatch(int fd, int interest) throws IOException {
        worker.rewatch(fd, interest);
    }

    @Override
    public void unwatch(int fd) {
        worker.unwatch(fd);
    }

    @Override
    public FileTransfers transfers(FileTransfers.Completion completion) throws IOException {
        return worker.transfers(completion);
    }

    /// Chains that the device holds.
    int inFlight() {
        return queue.inFlight();
    }

    /// Takes another kick descriptor, and looks for chains that nobody announced meanwhile.
    ///
    /// @throws IOException if the host cannot wait for it; the old one stays in use
    void useKick(@Nullable EventConsumer newKick, boolean regularly) throws IOException {
        kick.use(newKick, regularly, this);
        pending = true;
    }

    /// Takes another call descriptor. It is signalled once, since the last signal may have gone to the old one.
    ///
    /// @param byMessage whether a message does instead where there is no descriptor
    void useCall(@Nullable EventNotifier newCall, boolean byMessage) {
        signals.useCall(abandoned ? null : newCall, byMessage && !abandoned);
        pending = true;
    }

    /// Takes another descriptor to report a broken ring by.
    ///
    /// @param byMessage whether a message does instead where there is no descriptor
    void useError(@Nullable EventNotifier newError, boolean byMessage) {
        signals.useError(newError, byMessage);
    }

    /// Marks what is written in another log from now on, or no longer. What was marked in the old one is told
    /// first.
    ///
    /// @param notifier signalled when pages were marked
    void useLog(@Nullable RingLog newLog, @Nullable EventNotifier notifier) {
        tellMarked();
        log = abandoned ? null : newLog;
        signals.useMarked(notifier);
        queue.useLog(log);
    }

    /// Allows or forbids taking chains.
    void enable(boolean on) {
        enabled = on;
        pending = true;
    }

    /// Fails if [#useMemory] could not take up another snapshot of guest memory.
    ///
    /// @throws GuestMemoryException if chains in flight hold too many older ones
    void requireRoomForMemory() throws GuestMemoryException {
        queue.releaseMemory();
        if (!abandoned && !queue.canUseMemory()) {
            throw new GuestMemoryException("requests in flight on ring " + index + " hold " + queue.snapshots()
                    + " earlier states of guest memory");
        }
    }

    /// Takes up another snapshot of guest memory. Chains in flight keep the old one.
    ///
    /// @param newSetup the ring's place in it; a ring that lies elsewhere now, or nowhere, takes no chains until
    ///     another change brings it back
    void useMemory(GuestMemory newMemory, @Nullable RingSetup newSetup) {
        inMemory = false;
        if (abandoned || !setup.equals(newSetup)) {
            return;
        }
        try {
            queue.useMemory(newMemory);
        } catch (GuestMemoryException e) {
            LOGGER.log(Level.DEBUG, () -> "ring " + index + " has lost its memory: " + e.getMessage());
            return;
        }
        inMemory = true;
        pending = true;
    }

    /// The driver has notified.
    void kicked() {
        metrics.kicked();
        pacing.kicked();
        pending = true;
        if (!kick.drain()) {
            LOGGER.log(Level.DEBUG, () -> "nobody can kick ring " + index + " any more");
            kick.unwatch();
        }
    }

    /// The driver has notified by a message. Control thread; a flood of messages is one task of the worker.
    void kick() {
        if (kickWaits.compareAndSet(false, true)) {
            worker.execute(() -> {
                kickWaits.set(false);
                metrics.kicked();
                pacing.kicked();
                pending = true;
            });
        }
    }

    /// How long the ring need not be looked at, in nanoseconds.
    long patience() {
        if (takes() && pending) {
            return 0;
        }
        boolean regularly = takes() ? kick.polled() && !saturated : stopping && abandoned;
        long own = takes() ? Math.min(pacing.patience(), signals.patience()) : Long.MAX_VALUE;
        long patience = Math.min(handler.patience(), own);
        return regularly ? Math.min(POLL_INTERVAL, patience) : patience;
    }

    /// Hands a few batches of chains to the device, as long as there are any.
    void drain() {
        int rounds = kick.polled() || !worker.servesOneRing() ? 1 : ROUNDS;
        do {
            worker.submit();
            drainOnce();
            rounds--;
        } while (rounds > 0 && pending && takes() && !worker.interrupted());
    }

    private void drainOnce() {
        if (!takes() || !(pending || kick.polled() || pacing.isLate())) {
            return;
        }
        pending = false;
        pacing.looked();
        queue.disableNotifications();
        boolean emptied = take();
        publish();
        signals.callIfOwed();
        if (emptied && (looksLonger() || moreAvailable())) {
            pending = true;
        }
    }

    /// Looks at the emptied ring a little longer, where that may pay.
    ///
    /// @return whether there is a chain or a task
    private boolean looksLonger() {
        return worker.servesOneRing() && handler.expectsMore() && busyWait.until(chainOrTask);
    }

    /// @return whether all available chains were taken
    private boolean take() {
        int taken = 0;
        boolean emptied = false;
        while (handler.ready()) {
            if (taken == BATCH || (taken > 0 && worker.interrupted())) {
                pending = true;
                break;
            }
            DescriptorChain chain = next();
            if (chain == null) {
                saturated = queue.saturated();
                emptied = !saturated && !broken;
                break;
            }
            taken++;
            metrics.took();
            handler.handle(chain);
            if (taken % EARLY == 0) {
                publish();
            }
        }
        if (taken > 0) {
            pacing.took(taken);
            handler.batchEnd();
        }
        return emptied;
    }

    private @Nullable DescriptorChain next() {
        try {
            return queue.poll();
        } catch (BrokenQueueException e) {
            breakDown(e);
            return null;
        }
    }

    private boolean moreAvailable() {
        try {
            return queue.enableNotifications(handler.starves() ? pacing.next() : 1);
        } catch (BrokenQueueException e) {
            breakDown(e);
            return false;
        }
    }

    /// Lets the device take what the host has done.
    void look() {
        if (takes()) {
            signals.remind();
        }
        handler.look();
    }

    /// Publishes what was completed since, whoever completed it.
    ///
    /// @return whether the ring is to be finished
    boolean settle() {
        publish();
        tellMarked();
        metrics.holds(queue.inFlight());
        if (saturated && !queue.saturated()) {
            saturated = false;
            pending = true;
        }
        queue.releaseMemory();
        return stopping && drained();
    }

    /// Begins to stop: no chain is taken any more, and once those in flight are completed the ring is finished.
    ///
    /// @param mayLeave whether the device may give chains up instead, if they are recorded
    void stop(boolean mayLeave) {
        stopping = true;
        stopBegan = System.nanoTime();
        kick.unwatch();
        left = mayLeave && recorded && handler.suspend();
        if (!left) {
            handler.quiesce();
        }
    }

    /// Where the ring has stopped, once it has. Any thread.
    CompletableFuture<Stopped> stopped() {
        return stopped;
    }

    /// Lets the worker go on if it has been writing to one descriptor since the last call, which takes that long
    /// only if the front end makes it wait. Control thread.
    void unblock() {
        signals.unblock();
    }

    /// Leaves the ring as it is: neither it nor its descriptors are touched any more. It is still to be stopped,
    /// since the device may hold chains.
    void abandon(Throwable cause) {
        if (!abandoned) {
            abandoned = true;
            events.failed(cause);
            kick.unwatch();
            signals.dropCall();
            log = null;
            queue.abandon();
        }
    }

    /// Takes leave of the device and of guest memory; the worker has forgotten the ring.
    void finish() {
        try {
            handler.close();
            queue.markInFlight();
        } catch (RuntimeException | Error e) {
            events.failed(e);
        } finally {
            InternalError fault = MemoryFaults.take();
            if (fault != null) {
                events.failed(fault);
            }
            try {
                queue.abandon();
                queue.close();
            } finally {
                stopped.complete(new Stopped(queue.base(), queue.idle()));
            }
        }
    }

    private boolean takes() {
        return enabled && inMemory && !broken && !abandoned && !stopping;
    }

    private boolean drained() {
        return left || queue.inFlight() == 0 || (abandoned && givenUp());
    }

    private boolean givenUp() {
        return worker.onlyLostChains() || System.nanoTime() - stopBegan > PATIENCE_AFTER_FAILURE;
    }

    @Override
    public void publish() {
        if (queue.publish()) {
            signals.call();
        }
    }

    private void tellMarked() {
        if (log != null && signals.wantsMarked() && log.takeMarked()) {
            signals.marked();
        }
    }

    private void breakDown(BrokenQueueException fault) {
        broken = true;
        metrics.broke();
        LOGGER.log(Level.WARNING, () -> "queue " + index + " is malformed and stops: " + fault.getMessage());
        signals.error();
        events.ringBroken(index);
    }
}

package org.vhostdevice.core.session;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/// A snapshot of guest memory goes to a worker by its command queue (`VringWorker.execute`, `VringWorker.runTasks`):
/// the worker, which was woken before and is about to look, takes the command or is woken once more, and sees the
/// whole snapshot.
@JCStressTest
@Outcome(id = "0, 1, 7", expect = ACCEPTABLE, desc = "The worker takes the command")
@Outcome(id = "1, 0, 0", expect = ACCEPTABLE, desc = "The worker is woken again")
@Outcome(id = "1, 1, 7", expect = ACCEPTABLE, desc = "The worker takes the command and is woken for nothing")
@Outcome(id = "0, 0, 0", expect = FORBIDDEN, desc = "The command is lost")
@Outcome(id = ".*, 1, 0", expect = FORBIDDEN, desc = "The worker sees a part of the snapshot")
@State
public class CommandQueueTest {
    /// Stands for a snapshot: plain fields that are written before it is passed on.
    private static final class Snapshot {
        private int size;
    }

    private final Queue<Snapshot> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean woken = new AtomicBoolean(true);

    /// The control thread passes a snapshot, and tells whether it wakes the worker.
    @Actor
    public void control(III_Result result) {
        var next = new Snapshot();
        next.size = 7;
        tasks.add(next);
        result.r1 = woken.compareAndSet(false, true) ? 1 : 0;
    }

    /// The worker looks, and tells whether it took the command, and what it saw.
    @Actor
    public void worker(III_Result result) {
        woken.set(false);
        Snapshot taken = tasks.poll();
        result.r2 = taken == null ? 0 : 1;
        result.r3 = taken == null ? 0 : taken.size;
    }
}

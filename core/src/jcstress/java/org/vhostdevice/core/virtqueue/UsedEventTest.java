package org.vhostdevice.core.virtqueue;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;
import static org.vhostdevice.core.virtqueue.SharedLine.LE16;
import static org.vhostdevice.core.virtqueue.SharedLine.OTHER;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/// Notifications of the driver: the device publishes an index, then reads whether the driver wants to hear of it
/// (`SplitVirtqueue.publish`); the driver says so, then reads the index. One of them must see the other.
@JCStressTest
@Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "The device notifies, and the driver looks by itself")
@Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "The device notifies")
@Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "The driver looks by itself")
@Outcome(id = "0, 0", expect = FORBIDDEN, desc = "The notification is lost")
@State
public class UsedEventTest {
    private final MemorySegment ring = SharedLine.next();

    /// The device publishes, and tells whether it notifies.
    @Actor
    public void device(II_Result result) {
        VarHandle.releaseFence();
        ring.set(LE16, 2, (short) 1);
        VarHandle.fullFence();
        result.r1 = ring.get(LE16, OTHER);
    }

    /// The driver asks to be notified, and tells whether it sees the index by itself.
    @Actor
    public void driver(II_Result result) {
        ring.set(LE16, OTHER, (short) 1);
        VarHandle.fullFence();
        result.r2 = ring.get(LE16, 2);
    }
}

package org.vhostdevice.core.virtqueue;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;
import static org.vhostdevice.core.virtqueue.SharedLine.LE16;
import static org.vhostdevice.core.virtqueue.SharedLine.LE32;
import static org.vhostdevice.core.virtqueue.SharedLine.OTHER;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/// Notifications of the device: the driver publishes an index, then reads whether the device wants to hear of it; the
/// device says so, then looks once more (`SplitVirtqueue.enableNotifications`). What it sees then is complete.
@JCStressTest
@Outcome(id = "1, 1, 7", expect = ACCEPTABLE, desc = "The driver kicks, and the device looks by itself")
@Outcome(id = "1, 0, .*", expect = ACCEPTABLE, desc = "The driver kicks")
@Outcome(id = "0, 1, 7", expect = ACCEPTABLE, desc = "The device looks by itself")
@Outcome(id = "0, 0, .*", expect = FORBIDDEN, desc = "The kick is lost")
@Outcome(id = ".*, 1, 0", expect = FORBIDDEN, desc = "The device sees the index before its entry")
@State
public class AvailableEventTest {
    private final MemorySegment ring = SharedLine.next();

    /// The driver publishes, and tells whether it kicks.
    @Actor
    public void driver(III_Result result) {
        ring.set(LE32, 8, 7);
        VarHandle.releaseFence();
        ring.set(LE16, 2, (short) 1);
        VarHandle.fullFence();
        result.r1 = ring.get(LE16, OTHER);
    }

    /// The device asks to be kicked, and tells whether it sees the index by itself, and the entry.
    @Actor
    public void device(III_Result result) {
        ring.set(LE16, OTHER, (short) 1);
        VarHandle.fullFence();
        result.r2 = ring.get(LE16, 2);
        VarHandle.acquireFence();
        result.r3 = ring.get(LE32, 8);
    }
}

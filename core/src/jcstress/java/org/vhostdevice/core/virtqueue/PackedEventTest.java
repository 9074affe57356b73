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
import org.openjdk.jcstress.infra.results.II_Result;

/// Event suppression of packed rings: 32 bits that are written at once, by the device in
/// `PackedVirtqueue.enableNotifications` and by the driver, and read at once, against the flags of a descriptor.
@JCStressTest
@Outcome(id = "131075, .*", expect = ACCEPTABLE, desc = "The other side notifies")
@Outcome(id = "0, 128", expect = ACCEPTABLE, desc = "This side looks by itself")
@Outcome(id = "0, 0", expect = FORBIDDEN, desc = "The notification is lost")
@Outcome(id = ".*, .*", expect = FORBIDDEN, desc = "The structure is read in two halves")
@State
public class PackedEventTest {
    private final MemorySegment ring = SharedLine.next();

    /// One side gives a descriptor away, and reads whether the other wants to hear of it.
    @Actor
    public void publisher(II_Result result) {
        VarHandle.releaseFence();
        ring.set(LE16, 14, (short) 128);
        VarHandle.fullFence();
        result.r1 = ring.get(LE32, OTHER);
    }

    /// The other side asks for a notification at descriptor 3, and looks once more.
    @Actor
    public void reader(II_Result result) {
        ring.set(LE32, OTHER, 2 << 16 | 3);
        VarHandle.fullFence();
        result.r2 = ring.get(LE16, 14);
    }
}

package org.vhostdevice.core.virtqueue;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;
import static org.vhostdevice.core.virtqueue.SharedLine.LE16;
import static org.vhostdevice.core.virtqueue.SharedLine.LE32;
import static org.vhostdevice.core.virtqueue.SharedLine.LE64;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IJI_Result;

/// A packed ring: the flags of a descriptor are written after everything else in it, in `PackedVirtqueue.publish`, and
/// read before it, in `PackedVirtqueue.isAvailable`.
@JCStressTest
@Outcome(id = "0, .*, .*", expect = ACCEPTABLE, desc = "The descriptor does not belong to the reader yet")
@Outcome(id = "128, 9, 512", expect = ACCEPTABLE, desc = "The whole descriptor is there")
@Outcome(id = "128, .*, .*", expect = FORBIDDEN, desc = "The flags are there before the rest")
@State
public class PackedPublicationTest {
    private final MemorySegment descriptor = SharedLine.next();

    /// One side gives the descriptor away.
    @Actor
    public void publisher() {
        descriptor.set(LE64, 0, 9);
        descriptor.set(LE32, 8, 512);
        VarHandle.releaseFence();
        descriptor.set(LE16, 14, (short) 128);
    }

    /// The other side looks.
    @Actor
    public void reader(IJI_Result result) {
        result.r1 = descriptor.get(LE16, 14);
        VarHandle.acquireFence();
        result.r2 = descriptor.get(LE64, 0);
        result.r3 = descriptor.get(LE32, 8);
    }
}

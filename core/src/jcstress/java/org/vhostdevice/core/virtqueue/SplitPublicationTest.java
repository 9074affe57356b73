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

/// A split ring: entries are written before the index that publishes them, in `SplitVirtqueue.publish`, and read after
/// it, in `SplitVirtqueue.seesMore`.
@JCStressTest
@Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "Nothing is published yet")
@Outcome(id = "0, 7", expect = ACCEPTABLE, desc = "The entry is there, and nobody looks at it yet")
@Outcome(id = "1, 7", expect = ACCEPTABLE, desc = "The entry is published")
@Outcome(id = "1, 0", expect = FORBIDDEN, desc = "The index is there before its entry")
@State
public class SplitPublicationTest {
    private final MemorySegment ring = SharedLine.next();

    /// One side publishes.
    @Actor
    public void publisher() {
        ring.set(LE32, OTHER, 7);
        VarHandle.releaseFence();
        ring.set(LE16, 2, (short) 1);
    }

    /// The other side looks.
    @Actor
    public void reader(II_Result result) {
        result.r1 = ring.get(LE16, 2);
        VarHandle.acquireFence();
        result.r2 = ring.get(LE32, OTHER);
    }
}

package org.vhostdevice.core.testkit;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.memory.GuestMemoryException;
import org.vhostdevice.core.testkit.TestRing.Layout;
import org.vhostdevice.core.testkit.TestRing.Piece;
import org.vhostdevice.core.virtqueue.RingSetup;
import org.vhostdevice.core.virtqueue.Virtqueue;

/// The driver's side of a ring in test memory, whatever its format.
public interface RingDriver {
    /// A chain that the device gave back.
    ///
    /// @param id by what the driver knows it
    /// @param length bytes written, as the device says
    record Used(int id, long length) {}

    /// The device's side of this ring.
    Virtqueue open() throws GuestMemoryException;

    /// A driver of the same ring that knows what this one knows, for a test that tries out what comes next.
    RingDriver copy();

    /// Where the ring lies and what was negotiated.
    RingSetup setup();

    /// Writes a chain and makes it available.
    ///
    /// @param id not in use; in a split ring the first descriptor, which the others follow
    /// @return how many descriptors of the ring it takes
    int add(int id, List<Piece> pieces, Layout layout);

    /// The next chain that the driver sees given back, once; null if there is none.
    @Nullable
    Used takeUsed();

    /// Asks to be notified of one chain by EVENT_IDX.
    ///
    /// @param ahead 0: the next to be seen by [#takeUsed]; in a packed ring counted in descriptors
    void requestEvent(int ahead);

    /// Whether the device wants to be told when the next chain is made available, by EVENT_IDX.
    boolean wantsEventNow();
}

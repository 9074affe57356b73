package org.vhostdevice.core.check;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import org.vhostdevice.core.frontend.RingAddresses;

/// The driver's side of a ring for checks: it writes what it is told, keeps no account of free descriptors, and hands
/// out what the device returns as it is. No more descriptors may be in use than the ring has.
sealed interface CheckRing permits SplitCheckRing, PackedCheckRing {
    /// Bytes of a descriptor, in either format.
    int DESCRIPTOR = 16;

    /// The id in a used entry that no device has written.
    int UNWRITTEN = -1;

    int size();

    /// Where the parts are; of a packed ring, the driver's event structure in place of the available ring, and the
    /// device's in place of the used ring.
    RingAddresses addresses();

    /// Behind the last chain that was taken back, for SET_VRING_BASE; also what GET_VRING_BASE says when nothing else
    /// is available.
    int base();

    /// Goes on where the device stopped.
    ///
    /// @param base from GET_VRING_BASE
    void resume(int base);

    /// Writes a chain, to be published later.
    ///
    /// @return what the device will know it by
    int add(List<Descriptor> chain);

    /// Writes an indirect table.
    void table(MemorySegment at, List<Descriptor> chain);

    /// Makes all chains written so far available at once.
    void publish();

    /// Whether the device wants to be notified of what was published last.
    boolean kickWanted();

    /// Takes the next chain that the device has used.
    Optional<Used> next();

    /// Whether [#next] would find one.
    boolean hasNext();

    /// Asks the device for no notification, by flags: with EVENT_IDX only packed rings allow that.
    void silenceByFlag(boolean silent);

    /// With EVENT_IDX, asks for a notification when the chain is used that comes after so many others.
    ///
    /// @param after how many chains more are used first
    void callAfter(int after);

    /// What the device says about notifications: flags of the used ring, or of its event structure.
    int deviceFlags();

    /// A copy of the descriptors.
    byte[] descriptors();
}

package org.vhostdevice.console.end;

import java.lang.foreign.MemorySegment;
import org.vhostdevice.core.memory.IoVecs;

/// Bytes of the guest on their way out, as the next ones that an end may take. They lie in guest memory, or in memory
/// of the port that has kept them. Guest memory may change at any time: who looks at bytes copies them first.
public interface Output {
    /// {@return how many there are, 1 or more}
    long length();

    /// {@return all of them, for a call such as `writev(2)`; valid until the end returns from [HostEnd#write]}
    IoVecs vectors();

    /// Copies bytes.
    ///
    /// @param position of the first one, from 0
    /// @param into where they go, from its first byte
    /// @param bytes how many, up to what is left behind the position
    void copy(long position, MemorySegment into, long bytes);
}

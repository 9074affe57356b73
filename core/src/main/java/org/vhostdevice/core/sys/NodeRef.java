package org.vhostdevice.core.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// What a call on a node is about: a descriptor that names a file, or a name in a directory where the host has no such
/// descriptors for files of that type.
///
/// @param at the descriptor, or that of the directory; borrowed
/// @param name empty if `at` is the file itself; otherwise one component
/// @param isHeld whether `at` is the file itself
public record NodeRef(int at, MemorySegment name, boolean isHeld) {
    private static final MemorySegment NO_NAME = Arena.global().allocate(1);

    /// A file by its own descriptor.
    ///
    /// @param fd names it, or has it open
    /// @return the reference
    public static NodeRef of(int fd) {
        return new NodeRef(fd, NO_NAME, true);
    }

    /// A file by a name.
    ///
    /// @param directory an open directory
    /// @param name one component
    /// @return the reference
    public static NodeRef named(int directory, MemorySegment name) {
        return new NodeRef(directory, name, false);
    }
}

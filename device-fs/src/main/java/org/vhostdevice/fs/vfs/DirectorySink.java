package org.vhostdevice.fs.vfs;

import java.lang.foreign.MemorySegment;

/// Takes the entries of a directory, as long as there is room.
public interface DirectorySink {
    /// {@return whether there is room for an entry}
    ///
    /// @param nameBytes of its name
    boolean hasRoom(long nameBytes);

    /// Takes an entry, for which there is room.
    ///
    /// @param inode its number, not 0
    /// @param offset where reading goes on behind it
    /// @param type bits 12 to 15 of a mode, 0 if unknown
    /// @param name with a NUL behind it
    /// @param nameBytes without the NUL
    /// @param node what a lookup has found, with the attributes in the caller's `stat`; 0 if there was none
    void add(long inode, long offset, int type, MemorySegment name, long nameBytes, long node);
}

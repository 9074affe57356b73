package org.vhostdevice.core.sys;

import java.lang.foreign.MemorySegment;

/// System calls on nodes: descriptors that only name a file of any type, symbolic links too, without opening it for
/// use. Whoever has one reaches that file, wherever its names have gone.
///
/// Buffers and names are native memory. Results are as the calls give them, errors as negated numbers of this host
/// ([Errno#linux] translates). Any thread.
public sealed interface NodeCalls permits ProcNodeCalls, EmptyPathNodeCalls, FdNodeCalls {
    /// For [#setTimes]: the current time.
    int NOW = -1;

    /// For [#setTimes]: leave it.
    int OMIT = -2;

    /// {@return the calls of this host}
    static NodeCalls ofHost() {
        if (areNamesOfDescriptors()) {
            return new ProcNodeCalls("/proc/self/fd/");
        }
        boolean emptyNames = Capability.PATH_FDS.available() && AbiNumber.O_EMPTY_PATH.isUsable();
        return emptyNames ? new EmptyPathNodeCalls() : new FdNodeCalls();
    }

    /// {@return whether the calls of this host need the names in `/proc/self/fd`}
    static boolean areNamesOfDescriptors() {
        return Capability.PATH_FDS.available() && Capability.PROC_FDS.available();
    }

    /// {@return the calls of this host for a process whose working directory is its `/proc/self/fd`, because it cannot
    /// reach that by name}
    static NodeCalls ofWorkingDirectory() {
        NodeCalls calls = ofHost();
        return calls instanceof ProcNodeCalls ? new ProcNodeCalls("") : calls;
    }

    /// {@return whether files of a type can be named by a descriptor; others are known by a name in a directory}
    ///
    /// @param type as [FileStat#type] gives it
    default boolean canName(int type) {
        return true;
    }

    /// Makes a node of a name. A symbolic link is not followed, a device or FIFO not opened.
    ///
    /// @param directory an open directory, or a node of one
    /// @param name one component
    /// @return a descriptor that the caller owns
    int open(int directory, MemorySegment name);

    /// Makes a node of an open file.
    ///
    /// @param fd an open file
    /// @return a descriptor that the caller owns
    int nameOf(int fd);

    /// Opens the file of a node, which must be a regular file or a directory.
    ///
    /// @param node the file
    /// @param flags of this host, see [OpenFlags]
    /// @return a descriptor that the caller owns
    int reopen(NodeRef node, int flags);

    /// Sets permissions.
    ///
    /// @param node the file
    /// @param mode permissions
    /// @return 0
    int setMode(NodeRef node, int mode);

    /// Sets owner and group.
    ///
    /// @param node the file
    /// @param uid -1 leaves it
    /// @param gid -1 leaves it
    /// @return 0
    int setOwner(NodeRef node, int uid, int gid);

    /// Sets the times of access and modification.
    ///
    /// @param node the file
    /// @param accessSeconds since 1970
    /// @param accessNanos 0 to 999,999,999, [#NOW] or [#OMIT]
    /// @param modificationSeconds since 1970
    /// @param modificationNanos 0 to 999,999,999, [#NOW] or [#OMIT]
    /// @return 0
    int setTimes(NodeRef node, long accessSeconds, int accessNanos, long modificationSeconds, int modificationNanos);

    /// Gives the file another name.
    ///
    /// @param node the file
    /// @param directory an open directory, or a node of one
    /// @param name one component
    /// @return 0
    int link(NodeRef node, int directory, MemorySegment name);

    /// Reads what a symbolic link says.
    ///
    /// @param node the file
    /// @param into all of it may be filled
    /// @return bytes; there is no NUL behind them
    long readLink(NodeRef node, MemorySegment into);

    /// Sets an extended attribute.
    ///
    /// @param node the file
    /// @param name a C string
    /// @param value all of it
    /// @param flags 0, or 1 if there must be none, or 2 if there must be one: the numbers of Linux
    /// @return 0
    int setXattr(NodeRef node, MemorySegment name, MemorySegment value, int flags);

    /// Reads an extended attribute.
    ///
    /// @param node the file
    /// @param name a C string
    /// @param into all of it may be filled; with no bytes the length is only asked for
    /// @return bytes
    long getXattr(NodeRef node, MemorySegment name, MemorySegment into);

    /// Lists extended attributes.
    ///
    /// @param node the file
    /// @param into all of it may be filled; with no bytes the length is only asked for
    /// @return bytes of names, each with a NUL behind it
    long listXattr(NodeRef node, MemorySegment into);

    /// Removes an extended attribute.
    ///
    /// @param node the file
    /// @param name a C string
    /// @return 0
    int removeXattr(NodeRef node, MemorySegment name);

    /// The most bytes of a file's handle with what is before it.
    int HANDLE_BYTES = 136;

    /// Writes down a handle by which the host finds the file without its name.
    ///
    /// @param node the file
    /// @param into [#HANDLE_BYTES], aligned to 8
    /// @return bytes filled in; `EOPNOTSUPP` if this host or the file system has no such handles
    int handleOf(NodeRef node, MemorySegment into);

    /// Makes a node of a handle.
    ///
    /// @param mount any descriptor of the same mount
    /// @param handle from [#handleOf]
    /// @return a descriptor that the caller owns; `ESTALE` if the file is no more
    int openHandle(int mount, MemorySegment handle);
}

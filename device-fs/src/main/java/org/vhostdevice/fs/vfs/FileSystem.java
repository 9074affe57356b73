package org.vhostdevice.fs.vfs;

import java.lang.foreign.MemorySegment;
import org.vhostdevice.core.memory.IoBuffers;
import org.vhostdevice.core.sys.FileCalls;

/// The operations of a file system that a guest mounts, called by several threads at once.
///
/// Files are known by nodes, which a lookup gives out and [#forget] takes back, and by handles, from being opened until
/// they are released. Numbers that were never given out, or were taken back, may come in at any time and are errors
/// (`ENOENT` for nodes, `EBADF` for handles). Names are C strings of one component, checked: not empty, not `.` or
/// `..`,
/// without `/`. Where an operation gives a node, its attributes are in [Caller#stat].
@SuppressWarnings("checkstyle:ParameterNumber") // those of the operations
public interface FileSystem extends AutoCloseable {
    /// The node of the root.
    long ROOT = 1;

    /// Stands for no handle.
    long NO_HANDLE = -1;

    /// Finds a name in a directory, and counts that for [#forget].
    ///
    /// @return the node
    long lookup(Caller caller, long parent, MemorySegment name) throws FsException;

    /// Takes back lookups.
    ///
    /// @param lookups how many
    void forget(long node, long lookups);

    /// Gives attributes.
    ///
    /// @param handle an open file to use, or [#NO_HANDLE]
    void getattr(Caller caller, long node, long handle) throws FsException;

    /// Changes attributes, and gives them.
    void setattr(Caller caller, long node, AttributeChange change) throws FsException;

    /// Reads what a symbolic link says.
    ///
    /// @return bytes
    int readlink(Caller caller, long node, MemorySegment into) throws FsException;

    /// Makes a symbolic link.
    ///
    /// @param target a C string
    /// @return its node, looked up
    long symlink(Caller caller, long parent, MemorySegment name, MemorySegment target) throws FsException;

    /// Makes a file.
    ///
    /// @param mode type and permissions
    /// @param device what a device file stands for, as Linux encodes it in 32 bits
    /// @return its node, looked up
    long mknod(Caller caller, long parent, MemorySegment name, int mode, int device) throws FsException;

    /// Makes a directory.
    ///
    /// @return its node, looked up
    long mkdir(Caller caller, long parent, MemorySegment name, int mode) throws FsException;

    /// Removes a name of anything but a directory.
    void unlink(Caller caller, long parent, MemorySegment name) throws FsException;

    /// Removes an empty directory.
    void rmdir(Caller caller, long parent, MemorySegment name) throws FsException;

    /// Renames.
    ///
    /// @param flags those of `renameat2(2)` on Linux
    void rename(Caller caller, long parent, MemorySegment name, long newParent, MemorySegment newName, int flags)
            throws FsException;

    /// Gives a file another name.
    ///
    /// @return its node, looked up
    long link(Caller caller, long node, long newParent, MemorySegment newName) throws FsException;

    /// Opens a regular file.
    ///
    /// @param flags of the guest
    /// @param killPrivileges whether cutting it takes away privileges that it gives to who executes it
    /// @return its handle
    long open(Caller caller, long node, int flags, boolean killPrivileges) throws FsException;

    /// Makes and opens a regular file; if there is one, opens it. Its handle is in [Caller#handle].
    ///
    /// @param mode permissions
    /// @param flags of the guest
    /// @return its node, looked up
    long create(Caller caller, long parent, MemorySegment name, int mode, int flags, boolean killPrivileges)
            throws FsException;

    /// Makes and opens a file without a name. Its handle is in [Caller#handle].
    ///
    /// @param mode permissions
    /// @param flags of the guest
    /// @return its node, looked up
    long tmpfile(Caller caller, long parent, int mode, int flags) throws FsException;

    /// Reads, as far as the file goes.
    ///
    /// @param into all of it from `position` on may be filled
    /// @param mayWait whether it may wait for the medium
    /// @return bytes; -1 if it would have to wait, and may not
    int read(Caller caller, long handle, long offset, IoBuffers into, long position, int bytes, boolean mayWait)
            throws FsException;

    /// Writes.
    ///
    /// @param position where the data is in `from`
    /// @param killPrivileges whether that takes away privileges that the file gives to who executes it
    /// @return bytes
    int write(Caller caller, long handle, long offset, IoBuffers from, long position, int bytes, boolean killPrivileges)
            throws FsException;

    /// A descriptor of a file was closed in the guest.
    ///
    /// @param owner whose locks end
    void flush(Caller caller, long node, long handle, long owner) throws FsException;

    /// An open file is no longer used.
    void release(Caller caller, long node, long handle) throws FsException;

    /// Puts a file or directory on stable storage.
    ///
    /// @param dataOnly whether what is not needed to read it back may wait
    void fsync(Caller caller, long node, long handle, boolean dataOnly) throws FsException;

    /// Tells about the file system.
    FileCalls.FileSystemStat statfs(Caller caller, long node) throws FsException;

    /// Opens a directory.
    ///
    /// @return its handle
    long opendir(Caller caller, long node) throws FsException;

    /// Gives entries of a directory.
    ///
    /// @param offset 0, or what came with an entry before
    /// @param plus whether each is looked up
    void readdir(Caller caller, long node, long handle, long offset, boolean plus, DirectorySink sink)
            throws FsException;

    /// An open directory is no longer used.
    void releasedir(Caller caller, long handle) throws FsException;

    /// Sets an extended attribute.
    ///
    /// @param flags those of `setxattr(2)` on Linux
    /// @param killSetGid whether an access list that is set takes the set-group-id bit away
    void setxattr(Caller caller, long node, MemorySegment name, MemorySegment value, int flags, boolean killSetGid)
            throws FsException;

    /// Reads an extended attribute.
    ///
    /// @param into of no bytes to ask for the length only
    /// @return bytes
    int getxattr(Caller caller, long node, MemorySegment name, MemorySegment into) throws FsException;

    /// Lists extended attributes.
    ///
    /// @param into of no bytes to ask for the length only
    /// @return bytes of names, each with a NUL behind it
    int listxattr(Caller caller, long node, MemorySegment into) throws FsException;

    /// Removes an extended attribute.
    void removexattr(Caller caller, long node, MemorySegment name) throws FsException;

    /// Checks permissions of the caller.
    ///
    /// @param mask those of `access(2)`
    void access(Caller caller, long node, int mask) throws FsException;

    /// Reserves, frees or moves room in a file.
    ///
    /// @param mode flags of `fallocate(2)` on Linux
    void fallocate(Caller caller, long handle, int mode, long offset, long bytes) throws FsException;

    /// Finds data or a hole.
    ///
    /// @param hole whether a hole is wanted
    /// @return the position
    long lseek(Caller caller, long handle, long offset, boolean hole) throws FsException;

    /// Copies from one file to another.
    ///
    /// @return bytes
    long copyFileRange(Caller caller, long handle, long offset, long toHandle, long toOffset, long bytes)
            throws FsException;

    /// Puts the whole file system on stable storage.
    void syncfs(Caller caller, long node) throws FsException;

    /// Asks for a lock that is in the way of another.
    ///
    /// @return it; of type `UNLOCK` if there is none
    FileLock getlk(Caller caller, long node, long handle, FileLock wanted) throws FsException;

    /// Takes a lock or gives it back, without waiting.
    ///
    /// @throws FsException `EAGAIN` if somebody else has it
    void setlk(Caller caller, long node, long handle, FileLock wanted) throws FsException;

    /// Does one of the `ioctl(2)` that are harmless: attributes of files.
    ///
    /// @param command the number of Linux
    /// @param in what the guest gives
    /// @param out for what it gets; written from its start
    /// @return bytes of `out`
    int ioctl(Caller caller, long node, long handle, int command, MemorySegment in, MemorySegment out)
            throws FsException;

    /// Forgets all nodes but the root and closes all handles: the guest begins anew, or has gone.
    void reset();

    /// Gives back what it holds of the host.
    @Override
    void close();
}

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
    /// @param caller on whose behalf
    /// @param parent node of a directory
    /// @param name of it there
    /// @return the node
    /// @throws FsException if it fails
    long lookup(Caller caller, long parent, MemorySegment name) throws FsException;

    /// Takes back lookups.
    ///
    /// @param node the file
    /// @param lookups how many
    void forget(long node, long lookups);

    /// Gives attributes.
    ///
    /// @param caller on whose behalf
    /// @param node the file
    /// @param handle an open file to use, or [#NO_HANDLE]
    /// @throws FsException if it fails
    void getattr(Caller caller, long node, long handle) throws FsException;

    /// Changes attributes, and gives them.
    ///
    /// @param caller on whose behalf
    /// @param node the file
    /// @param change what changes
    /// @throws FsException if it fails
    void setattr(Caller caller, long node, AttributeChange change) throws FsException;

    /// Reads what a symbolic link says.
    ///
    /// @param caller on whose behalf
    /// @param node the file
    /// @param into takes it
    /// @return bytes
    /// @throws FsException if it fails
    int readlink(Caller caller, long node, MemorySegment into) throws FsException;

    /// Makes a symbolic link.
    ///
    /// @param caller on whose behalf
    /// @param parent node of a directory
    /// @param name of it there
    /// @param target a C string
    /// @return its node, looked up
    /// @throws FsException if it fails
    long symlink(Caller caller, long parent, MemorySegment name, MemorySegment target) throws FsException;

    /// Makes a file.
    ///
    /// @param caller on whose behalf
    /// @param parent node of a directory
    /// @param name of it there
    /// @param mode type and permissions
    /// @param device what a device file stands for, as Linux encodes it in 32 bits
    /// @return its node, looked up
    /// @throws FsException if it fails
    long mknod(Caller caller, long parent, MemorySegment name, int mode, int device) throws FsException;

    /// Makes a directory.
    ///
    /// @param caller on whose behalf
    /// @param parent node of a directory
    /// @param name of it there
    /// @param mode permissions
    /// @return its node, looked up
    /// @throws FsException if it fails
    long mkdir(Caller caller, long parent, MemorySegment name, int mode) throws FsException;

    /// Removes a name of anything but a directory.
    ///
    /// @param caller on whose behalf
    /// @param parent node of a directory
    /// @param name of it there
    /// @throws FsException if it fails
    void unlink(Caller caller, long parent, MemorySegment name) throws FsException;

    /// Removes an empty directory.
    ///
    /// @param caller on whose behalf
    /// @param parent node of a directory
    /// @param name of it there
    /// @throws FsException if it fails
    void rmdir(Caller caller, long parent, MemorySegment name) throws FsException;

    /// Renames.
    ///
    /// @param caller on whose behalf
    /// @param parent node of a directory
    /// @param name of it there
    /// @param newParent node of a directory
    /// @param newName of it there
    /// @param flags those of `renameat2(2)` on Linux
    /// @throws FsException if it fails
    void rename(Caller caller, long parent, MemorySegment name, long newParent, MemorySegment newName, int flags)
            throws FsException;

    /// Gives a file another name.
    ///
    /// @param caller on whose behalf
    /// @param node the file
    /// @param newParent node of a directory
    /// @param newName of it there
    /// @return its node, looked up
    /// @throws FsException if it fails
    long link(Caller caller, long node, long newParent, MemorySegment newName) throws FsException;

    /// Opens a regular file.
    ///
    /// @param caller on whose behalf
    /// @param node the file
    /// @param flags of the guest
    /// @param killPrivileges whether cutting it takes away privileges that it gives to who executes it
    /// @return its handle
    /// @throws FsException if it fails
    long open(Caller caller, long node, int flags, boolean killPrivileges) throws FsException;

    /// Makes and opens a regular file; if there is one, opens it. Its handle is in [Caller#handle].
    ///
    /// @param caller on whose behalf
    /// @param parent node of a directory
    /// @param name of it there
    /// @param mode permissions
    /// @param flags of the guest
    /// @param killPrivileges whether privileges are taken away
    /// @return its node, looked up
    /// @throws FsException if it fails
    long create(Caller caller, long parent, MemorySegment name, int mode, int flags, boolean killPrivileges)
            throws FsException;

    /// Makes and opens a file without a name. Its handle is in [Caller#handle].
    ///
    /// @param caller on whose behalf
    /// @param parent node of a directory
    /// @param mode permissions
    /// @param flags of the guest
    /// @return its node, looked up
    /// @throws FsException if it fails
    long tmpfile(Caller caller, long parent, int mode, int flags) throws FsException;

    /// Reads, as far as the file goes.
    ///
    /// @param caller on whose behalf
    /// @param handle an open file
    /// @param offset of the first byte
    /// @param into all of it from `position` on may be filled
    /// @param position of the first byte there
    /// @param bytes how many
    /// @param mayWait whether it may wait for the medium
    /// @return bytes; -1 if it would have to wait, and may not
    /// @throws FsException if it fails
    int read(Caller caller, long handle, long offset, IoBuffers into, long position, int bytes, boolean mayWait)
            throws FsException;

    /// Writes.
    ///
    /// @param caller on whose behalf
    /// @param handle an open file
    /// @param offset of the first byte
    /// @param from has the data
    /// @param position where the data is in `from`
    /// @param bytes how many
    /// @param killPrivileges whether that takes away privileges that the file gives to who executes it
    /// @return bytes
    /// @throws FsException if it fails
    int write(Caller caller, long handle, long offset, IoBuffers from, long position, int bytes, boolean killPrivileges)
            throws FsException;

    /// A descriptor of a file was closed in the guest.
    ///
    /// @param caller on whose behalf
    /// @param node the file
    /// @param handle an open file
    /// @param owner whose locks end
    /// @throws FsException if it fails
    void flush(Caller caller, long node, long handle, long owner) throws FsException;

    /// An open file is no longer used.
    ///
    /// @param caller on whose behalf
    /// @param node the file
    /// @param handle an open file
    /// @throws FsException if it fails
    void release(Caller caller, long node, long handle) throws FsException;

    /// Puts a file or directory on stable storage.
    ///
    /// @param caller on whose behalf
    /// @param node the file
    /// @param handle an open file
    /// @param dataOnly whether what is not needed to read it back may wait
    /// @throws FsException if it fails
    void fsync(Caller caller, long node, long handle, boolean dataOnly) throws FsException;

    /// Tells about the file system.
    ///
    /// @param caller on whose behalf
    /// @param node the file
    /// @return what it says
    /// @throws FsException if it fails
    FileCalls.FileSystemStat statfs(Caller caller, long node) throws FsException;

    /// Opens a directory.
    ///
    /// @param caller on whose behalf
    /// @param node the file
    /// @return its handle
    /// @throws FsException if it fails
    long opendir(Caller caller, long node) throws FsException;

    /// Gives entries of a directory.
    ///
    /// @param caller on whose behalf
    /// @param node the file
    /// @param handle an open file
    /// @param offset 0, or what came with an entry before
    /// @param plus whether each is looked up
    /// @param sink takes the entries
    /// @throws FsException if it fails
    void readdir(Caller caller, long node, long handle, long offset, boolean plus, DirectorySink sink)
            throws FsException;

    /// An open directory is no longer used.
    ///
    /// @param caller on whose behalf
    /// @param handle an open file
    /// @throws FsException if it fails
    void releasedir(Caller caller, long handle) throws FsException;

    /// Sets an extended attribute.
    ///
    /// @param caller on whose behalf
    /// @param node the file
    /// @param name of it there
    /// @param value all of it
    /// @param flags those of `setxattr(2)` on Linux
    /// @param killSetGid whether an access list that is set takes the set-group-id bit away
    /// @throws FsException if it fails
    void setxattr(Caller caller, long node, MemorySegment name, MemorySegment value, int flags, boolean killSetGid)
            throws FsException;

    /// Reads an extended attribute.
    ///
    /// @param caller on whose behalf
    /// @param node the file
    /// @param name of it there
    /// @param into of no bytes to ask for the length only
    /// @return bytes
    /// @throws FsException if it fails
    int getxattr(Caller caller, long node, MemorySegment name, MemorySegment into) throws FsException;

    /// Lists extended attributes.
    ///
    /// @param caller on whose behalf
    /// @param node the file
    /// @param into of no bytes to ask for the length only
    /// @return bytes of names, each with a NUL behind it
    /// @throws FsException if it fails
    int listxattr(Caller caller, long node, MemorySegment into) throws FsException;

    /// Removes an extended attribute.
    ///
    /// @param caller on whose behalf
    /// @param node the file
    /// @param name of it there
    /// @throws FsException if it fails
    void removexattr(Caller caller, long node, MemorySegment name) throws FsException;

    /// Checks permissions of the caller.
    ///
    /// @param caller on whose behalf
    /// @param node the file
    /// @param mask those of `access(2)`
    /// @throws FsException if it fails
    void access(Caller caller, long node, int mask) throws FsException;

    /// Reserves, frees or moves room in a file.
    ///
    /// @param caller on whose behalf
    /// @param handle an open file
    /// @param mode flags of `fallocate(2)` on Linux
    /// @param offset of the first byte
    /// @param bytes how many
    /// @throws FsException if it fails
    void fallocate(Caller caller, long handle, int mode, long offset, long bytes) throws FsException;

    /// Finds data or a hole.
    ///
    /// @param caller on whose behalf
    /// @param handle an open file
    /// @param offset of the first byte
    /// @param hole whether a hole is wanted
    /// @return the position
    /// @throws FsException if it fails
    long lseek(Caller caller, long handle, long offset, boolean hole) throws FsException;

    /// Copies from one file to another.
    ///
    /// @param caller on whose behalf
    /// @param handle an open file
    /// @param offset of the first byte
    /// @param toHandle an open file
    /// @param toOffset of the first byte there
    /// @param bytes how many
    /// @return bytes
    /// @throws FsException if it fails
    long copyFileRange(Caller caller, long handle, long offset, long toHandle, long toOffset, long bytes)
            throws FsException;

    /// Puts the whole file system on stable storage.
    ///
    /// @param caller on whose behalf
    /// @param node the file
    /// @throws FsException if it fails
    void syncfs(Caller caller, long node) throws FsException;

    /// Asks for a lock that is in the way of another.
    ///
    /// @param caller on whose behalf
    /// @param node the file
    /// @param handle an open file
    /// @param wanted the lock
    /// @return it; of type `UNLOCK` if there is none
    /// @throws FsException if it fails
    FileLock getlk(Caller caller, long node, long handle, FileLock wanted) throws FsException;

    /// Takes a lock or gives it back, without waiting.
    ///
    /// @param caller on whose behalf
    /// @param node the file
    /// @param handle an open file
    /// @param wanted the lock
    /// @throws FsException `EAGAIN` if somebody else has it
    void setlk(Caller caller, long node, long handle, FileLock wanted) throws FsException;

    /// Does one of the `ioctl(2)` that are harmless: attributes of files.
    ///
    /// @param caller on whose behalf
    /// @param node the file
    /// @param handle an open file
    /// @param command the number of Linux
    /// @param in what the guest gives
    /// @param out for what it gets; written from its start
    /// @return bytes of `out`
    /// @throws FsException if it fails
    int ioctl(Caller caller, long node, long handle, int command, MemorySegment in, MemorySegment out)
            throws FsException;

    /// Forgets all nodes but the root and closes all handles: the guest begins anew, or has gone.
    void reset();

    /// Gives back what it holds of the host.
    @Override
    void close();
}

package org.vhostdevice.fs.vfs;

/// A lock on bytes of a file, or on all of it.
///
/// @param owner who wants it or has it, by a number of the guest
/// @param start the first byte
/// @param end the last byte, [Long#MAX_VALUE] for all up to the end
/// @param type `READ_LOCK`, `WRITE_LOCK` or `UNLOCK` of [org.vhostdevice.core.sys.FileCalls]
/// @param pid of its process, in the guest; 0 if it has none there
/// @param whole whether it is one of `flock(2)`, which is on the whole file and belongs to its open file
public record FileLock(long owner, long start, long end, int type, int pid, boolean whole) {}

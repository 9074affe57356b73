package org.vhostdevice.core.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ThreadLocalRandom;

/// Memory without a name that another process can map once it was sent the descriptor.
public final class SharedMemory implements AutoCloseable {
    private static final int MODE = 0600;
    private static final int O_RDWR = 2;

    private final OwnedFd fd;
    private final long size;
    private final boolean sealable;

    private SharedMemory(OwnedFd fd, long size, boolean sealable) {
        this.fd = fd;
        this.size = size;
        this.sealable = sealable;
    }

    /// Makes shared memory of zeros, by `memfd_create(2)` or else by `shm_open(3)` under a name that is removed at
    /// once.
    ///
    /// @param name what tools such as `lsof` show where the host keeps it
    /// @param size bytes, more than 0
    /// @return shared memory of the caller's own
    /// @throws ErrnoException if the host has no memory or no descriptors left
    public static SharedMemory create(String name, long size) throws ErrnoException {
        if (size <= 0) {
            throw new IllegalArgumentException("size of shared memory: " + size);
        }
        return Capability.MEMFD.available() ? memfd(name, size) : unlinkedObject(size);
    }

    static SharedMemory memfd(String name, long size) throws ErrnoException {
        int flags = AbiNumber.MFD_CLOEXEC.value() | AbiNumber.MFD_ALLOW_SEALING.value();
        try (Arena arena = Arena.ofConfined()) {
            int result = Libc.memfdCreate(arena.allocateFrom(name), flags);
            return sized(OwnedFd.ofResult("memfd_create", result), size, Capability.SEALS.available());
        }
    }

    static SharedMemory unlinkedObject(long size) throws ErrnoException {
        int flags = O_RDWR | AbiNumber.O_CREAT.value() | AbiNumber.O_EXCL.value();
        try (Arena arena = Arena.ofConfined()) {
            while (true) {
                MemorySegment path = arena.allocateFrom(uniqueName());
                int result = Libc.shmOpen(path, flags, MODE);
                if (result == Libc.EINTR || result == -Errno.EEXIST.number()) {
                    continue;
                }
                ErrnoException.check("shm_open", result);
                // Cannot fail for a name that we made just now.
                var _ = Libc.shmUnlink(path);
                return sized(OwnedFd.ofInheritableResult("shm_open", result), size, false);
            }
        }
    }

    private static SharedMemory sized(OwnedFd fd, long size, boolean sealable) throws ErrnoException {
        try {
            // Once only: macOS refuses to resize such an object.
            FileIo.truncate(fd.number(), size);
            return new SharedMemory(fd, size, sealable);
        } catch (ErrnoException e) {
            fd.close();
            throw e;
        }
    }

    /// At most 21 bytes: macOS allows 31.
    static String uniqueName() {
        return "/vhost-" + Long.toString(ThreadLocalRandom.current().nextLong() >>> 1, Character.MAX_RADIX);
    }

    /// The descriptor to map, or to send to who shall map it. It stays this object's.
    ///
    /// @return open until [#close()]
    public OwnedFd fd() {
        return fd;
    }

    /// Its size in bytes.
    ///
    /// @return the size asked for
    public long size() {
        return size;
    }

    /// Fixes the size for everyone who has the descriptor, for ever, so that no one can pull the memory away.
    ///
    /// @return false where the host cannot do so
    /// @throws ErrnoException if the host refuses
    public boolean sealSize() throws ErrnoException {
        if (!sealable) {
            return false;
        }
        int seals = AbiNumber.F_SEAL_SHRINK.value() | AbiNumber.F_SEAL_GROW.value() | AbiNumber.F_SEAL_SEAL.value();
        ErrnoException.check("F_ADD_SEALS", Libc.fcntl(fd.number(), AbiNumber.F_ADD_SEALS.value(), seals));
        return true;
    }

    /// Closes the descriptor; what is mapped stays.
    @Override
    public void close() {
        fd.close();
    }
}

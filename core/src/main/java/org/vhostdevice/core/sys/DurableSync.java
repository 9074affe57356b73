package org.vhostdevice.core.sys;

/// Brings what was written to the medium: the cache of the disk included.
final class DurableSync {
    private static final int F_FULLFSYNC = AbiNumber.F_FULLFSYNC.or(-1);
    private static final int DEVICE_FLUSH = AbiNumber.DEVICE_FLUSH.or(-1);

    private DurableSync() {}

    static void sync(int fd) throws ErrnoException {
        int result;
        do {
            result = DEVICE_FLUSH != -1 && isDisk(fd) ? syncDisk(fd) : syncFile(fd);
        } while (result == Libc.EINTR);
        ErrnoException.check("flush", result);
    }

    private static boolean isDisk(int fd) throws ErrnoException {
        FileStatus.Kind kind = FileIo.status(fd).kind();
        return kind == FileStatus.Kind.BLOCK || kind == FileStatus.Kind.CHARACTER;
    }

    // Neither F_FULLFSYNC nor fdatasync(2) reaches a disk through its device file.
    private static int syncDisk(int fd) {
        int result = Libc.fsync(fd); // what the kernel still holds of it goes to the disk first
        if (result < 0 && !isUnsupported(result)) {
            return result;
        }
        result = Libc.ioctl(fd, DEVICE_FLUSH);
        return isUnsupported(result) ? syncFile(fd) : result;
    }

    private static int syncFile(int fd) {
        if (F_FULLFSYNC == -1) {
            return Libc.fdatasync(fd);
        }
        int result = Libc.fcntl(fd, F_FULLFSYNC, 0);
        return isUnsupported(result) ? Libc.fsync(fd) : result;
    }

    /// Whether a call failed because the file does not know it, and not because the data could not be written.
    static boolean isUnsupported(int result) {
        return result < 0
                && switch (Errno.of(-result)) {
                    case ENOTSUP, EOPNOTSUPP, ENOTTY, EINVAL, ENODEV -> true;
                    default -> false;
                };
    }
}

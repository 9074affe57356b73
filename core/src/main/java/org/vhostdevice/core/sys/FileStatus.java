package org.vhostdevice.core.sys;

/// What `fstat(2)` says about an open file.
///
/// @param kind what it is
/// @param size bytes of a regular file or of shared memory, otherwise as the host likes; see
///     [FileIo#deviceSize(int)] for block devices
/// @param blockSize `st_blksize`, the preferred unit of I/O in bytes; on a file of huge pages their size
public record FileStatus(Kind kind, long size, long blockSize) {
    private static final int S_IFMT = 0xf000;

    /// The file types, `S_IFMT` of `st_mode`.
    public enum Kind {
        /// A regular file, and shared memory but for macOS.
        REGULAR("a regular file"),
        /// A block device.
        BLOCK("a block device"),
        /// A character device; on FreeBSD and for `/dev/rdisk` on macOS this may be a disk.
        CHARACTER("a character device"),
        /// A directory.
        DIRECTORY("a directory"),
        /// A pipe or FIFO; on FreeBSD also an eventfd, whose block size is 0.
        PIPE("a pipe"),
        /// A socket.
        SOCKET("a socket"),
        /// Without a type: an eventfd and the like on Linux, shared memory on macOS.
        ANONYMOUS("an anonymous file"),
        /// Anything else.
        OTHER("a file of unknown type");

        private final String description;

        Kind(String description) {
            this.description = description;
        }

        /// The type in words, with its article.
        ///
        /// @return as in `a regular file`
        public String description() {
            return description;
        }
    }

    static Kind kindOf(int mode) {
        return switch (mode & S_IFMT) {
            case 0x8000 -> Kind.REGULAR;
            case 0x6000 -> Kind.BLOCK;
            case 0x2000 -> Kind.CHARACTER;
            case 0x4000 -> Kind.DIRECTORY;
            case 0x1000 -> Kind.PIPE;
            case 0xc000 -> Kind.SOCKET;
            case 0 -> Kind.ANONYMOUS;
            default -> Kind.OTHER;
        };
    }
}

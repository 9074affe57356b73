package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/// All that the host says about a file, in an object that is filled again and again. One thread at a time.
@SuppressWarnings("ReachabilityFenceUsage") // calls do not throw
public final class FileStat {
    /// The mask of a mode's bits that are the type of the file (`S_IFMT`).
    public static final int TYPE_MASK = 0xf000;

    /// The type of a directory (`S_IFDIR`).
    public static final int DIRECTORY = 0x4000;

    /// The type of a regular file (`S_IFREG`).
    public static final int REGULAR = 0x8000;

    /// The type of a symbolic link (`S_IFLNK`).
    public static final int SYMLINK = 0xa000;

    private static final boolean EXTENDED = Capability.STATX.available();
    private static final int EMPTY_PATH = AbiNumber.AT_EMPTY_PATH.or(0);
    private static final int NOFOLLOW = AbiNumber.AT_SYMLINK_NOFOLLOW.value();
    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final boolean GENERATION = AbiNumber.ST_GEN.isUsable();
    private static final boolean BIRTH = AbiNumber.ST_BIRTHTIME.isUsable();
    private static final MemorySegment NO_NAME = Arena.global().allocate(1);

    // struct statx, the same on every processor: all basic members, stx_btime and stx_mnt_id
    private static final int STATX_SIZE = 256;
    private static final int STATX_WANTED = 0x7ff | 0x800 | 0x1000;
    private static final int STX_BTIME = 0x800;

    private final MemorySegment buffer = Arena.ofAuto().allocate(Math.max(STATX_SIZE, AbiNumber.STAT_SIZE.value()), 8);

    private long device;
    private long inode;
    private long generation;
    private long mount;
    private int mode;
    private long links;
    private int uid;
    private int gid;
    private long specialDevice;
    private long size;
    private long blocks;
    private int blockSize;
    private boolean birthKnown;
    private final long[] seconds = new long[Time.values().length];
    private final int[] nanos = new int[Time.values().length];

    /// The times of a file.
    public enum Time {
        /// Last read.
        ACCESS(0),
        /// Last change of the content.
        MODIFICATION(1),
        /// Last change of the inode.
        CHANGE(2),
        /// When it was made, where the host knows.
        BIRTH(3);

        private final int index;

        Time(int index) {
            this.index = index;
        }
    }

    /// Makes an object that is not filled yet.
    public FileStat() {}

    /// Asks about an open file, which may be one that only names an inode.
    ///
    /// @param fd any descriptor
    /// @return 0, or the negated error number
    public int load(int fd) {
        if (EXTENDED) {
            return load(fd, NO_NAME, EMPTY_PATH);
        }
        int result = Downcall.toInt(Symbol.FSTAT, fd, buffer, 0, 0);
        if (result == 0) {
            takeStat();
        }
        return result;
    }

    /// Asks about a file.
    ///
    /// @param node the file
    /// @return 0, or the negated error number
    public int load(NodeRef node) {
        return node.isHeld() ? load(node.at()) : load(node.at(), node.name());
    }

    /// Asks about a name in a directory; a symbolic link is not followed.
    ///
    /// @param directory an open directory
    /// @param name a C string
    /// @return 0, or the negated error number
    public int load(int directory, MemorySegment name) {
        return load(directory, name, NOFOLLOW);
    }

    private int load(int directory, MemorySegment name, int flags) {
        long at = Libc.checked(name, 1).address();
        int result = EXTENDED
                ? Downcall.toInt(Symbol.STATX, directory, at, NOFOLLOW | flags, STATX_WANTED, buffer.address(), 0)
                : Downcall.toInt(Symbol.FSTATAT, directory, at, buffer.address(), flags, 0, 0);
        Reference.reachabilityFence(name);
        if (result == 0 && EXTENDED) {
            takeStatx();
        } else if (result == 0) {
            takeStat();
        }
        return result;
    }

    private void takeStatx() {
        blockSize = buffer.get(JAVA_INT, 4);
        links = buffer.get(JAVA_INT, 16);
        uid = buffer.get(JAVA_INT, 20);
        gid = buffer.get(JAVA_INT, 24);
        mode = Short.toUnsignedInt(buffer.get(JAVA_SHORT, 28));
        inode = buffer.get(JAVA_LONG, 32);
        size = buffer.get(JAVA_LONG, 40);
        blocks = buffer.get(JAVA_LONG, 48);
        time(Time.ACCESS, 64);
        time(Time.BIRTH, 80);
        time(Time.CHANGE, 96);
        time(Time.MODIFICATION, 112);
        specialDevice = DeviceNumber.of(buffer.get(JAVA_INT, 128), buffer.get(JAVA_INT, 132));
        device = DeviceNumber.of(buffer.get(JAVA_INT, 136), buffer.get(JAVA_INT, 140));
        mount = buffer.get(JAVA_LONG, 144);
        birthKnown = (buffer.get(JAVA_INT, 0) & STX_BTIME) != 0;
        generation = birthKnown ? birthAsNumber() : 0;
    }

    private void takeStat() {
        device = number(AbiNumber.ST_DEV, AbiNumber.ST_DEV_BYTES.value());
        inode = number(AbiNumber.ST_INO, 8);
        mount = 0;
        mode = (int) number(AbiNumber.ST_MODE, 2);
        links = number(AbiNumber.ST_NLINK, AbiNumber.ST_NLINK_BYTES.value());
        uid = (int) number(AbiNumber.ST_UID, 4);
        gid = (int) number(AbiNumber.ST_GID, 4);
        long special = number(AbiNumber.ST_RDEV, AbiNumber.ST_RDEV_BYTES.value());
        specialDevice = DeviceNumber.ofHost(HostOs.current(), special);
        size = number(AbiNumber.ST_SIZE, 8);
        blocks = number(AbiNumber.ST_BLOCKS, 8);
        blockSize = (int) number(AbiNumber.ST_BLKSIZE, 4);
        time(Time.ACCESS, AbiNumber.ST_ATIME.value());
        time(Time.MODIFICATION, AbiNumber.ST_MTIME.value());
        time(Time.CHANGE, AbiNumber.ST_CTIME.value());
        generation = GENERATION ? number(AbiNumber.ST_GEN, AbiNumber.ST_GEN_BYTES.value()) : 0;
        birthKnown = BIRTH;
        if (BIRTH) {
            time(Time.BIRTH, AbiNumber.ST_BIRTHTIME.value());
        }
    }

    /// When it was made, which Linux lets nobody change.
    private long birthAsNumber() {
        int birth = Time.BIRTH.index;
        return seconds[birth] * NANOS_PER_SECOND + nanos[birth];
    }

    private long number(AbiNumber offset, int bytes) {
        int at = offset.value();
        return switch (bytes) {
            case 2 -> Short.toUnsignedLong(buffer.get(JAVA_SHORT, at));
            case 4 -> Integer.toUnsignedLong(buffer.get(JAVA_INT, at));
            default -> buffer.get(JAVA_LONG, at);
        };
    }

    private void time(Time which, long at) {
        seconds[which.index] = buffer.get(JAVA_LONG, at);
        nanos[which.index] = buffer.get(JAVA_INT, at + 8);
    }

    /// {@return a number that no other file system of this host has}
    public long device() {
        return device;
    }

    /// {@return the number of the inode in its file system}
    public long inode() {
        return inode;
    }

    /// {@return a number that tells the file from earlier and later ones with the same inode, as far as the host has
    /// one;
    /// it never changes}
    public long generation() {
        return generation;
    }

    /// {@return the number of the mount that it was reached by; 0 if the host does not tell}
    public long mount() {
        return mount;
    }

    /// {@return type and permissions, the same bits on every host}
    public int mode() {
        return mode;
    }

    /// {@return only the type, as [#DIRECTORY]}
    public int type() {
        return mode & TYPE_MASK;
    }

    /// {@return how many names it has}
    public long links() {
        return links;
    }

    /// {@return the owner}
    public int uid() {
        return uid;
    }

    /// {@return the group}
    public int gid() {
        return gid;
    }

    /// Takes another mode and owner for that of the host, which keeps them elsewhere.
    ///
    /// @param mode permissions; the type may be there or not
    /// @param uid the owner
    /// @param gid the group
    public void override(int mode, int uid, int gid) {
        this.mode = (mode & TYPE_MASK) == 0 ? type() | mode : mode;
        this.uid = uid;
        this.gid = gid;
    }

    /// {@return what a device file stands for, as Linux encodes it in 32 bits}
    public int specialDevice() {
        return DeviceNumber.linux(specialDevice);
    }

    /// {@return bytes}
    public long size() {
        return size;
    }

    /// {@return units of 512 bytes that it takes on its medium}
    public long blocks() {
        return blocks;
    }

    /// {@return the preferred unit of I/O in bytes}
    public int blockSize() {
        return blockSize;
    }

    /// {@return seconds since 1970}
    ///
    /// @param which time
    public long seconds(Time which) {
        return seconds[which.index];
    }

    /// {@return nanoseconds after [#seconds], 0 to 999,999,999}
    ///
    /// @param which time
    public int nanos(Time which) {
        return nanos[which.index];
    }

    /// {@return whether the host knows when the file was made}
    public boolean birthKnown() {
        return birthKnown;
    }
}

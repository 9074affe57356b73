package org.vhostdevice.core.sys;

/// Numbers of devices, which each host packs in its own way: here the major number in the upper half and the minor in
/// the lower.
final class DeviceNumber {
    private static final long LOW = 0xffff_ffffL;

    private DeviceNumber() {}

    static long of(int major, int minor) {
        return ((long) major << Integer.SIZE) | (minor & LOW);
    }

    /// Takes a `dev_t` of a host apart.
    static long ofHost(HostOs os, long packed) {
        return switch (os) {
            case LINUX ->
                of((int) (((packed >>> 8) & 0xfff) | ((packed >>> 32) & ~0xfff)), (int)
                        ((packed & 0xff) | ((packed >>> 12) & 0xffff_ff00L)));
            case MACOS -> of((int) ((packed >>> 24) & 0xff), (int) (packed & 0xff_ffff));
            case FREEBSD ->
                of((int) (((packed >>> 32) & 0xffff_ff00L) | ((packed >>> 8) & 0xff)), (int)
                        (((packed >>> 24) & 0xff00) | (packed & 0xffff_00ffL)));
        };
    }

    /// Packs a device as the `dev_t` of a host.
    ///
    /// @param linux as [#linux] gives it
    static long toHost(HostOs os, int linux) {
        long packed = Integer.toUnsignedLong(linux);
        long major = (packed >>> 8) & 0xfff;
        long minor = (packed & 0xff) | ((packed >>> 12) & 0xf_ff00);
        return switch (os) {
            case LINUX -> (major << 8) | (minor & 0xff) | ((minor & ~0xffL) << 12);
            case MACOS -> (major << 24) | minor;
            case FREEBSD ->
                ((major & 0xff) << 8) | ((major & ~0xffL) << 32) | ((minor & 0xff00) << 24) | (minor & 0xffff_00ffL);
        };
    }

    /// Packs a device into 32 bits as Linux does for its file systems: 12 bits of major and 20 of minor number.
    static int linux(long number) {
        long major = number >>> Integer.SIZE;
        long minor = number & LOW;
        return (int) ((minor & 0xff) | (major << 8) | ((minor & ~0xffL) << 12));
    }
}

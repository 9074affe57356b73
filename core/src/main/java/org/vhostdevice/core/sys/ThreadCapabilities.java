package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// The capabilities of one thread on Linux (`capset(2)`); to be used by that thread.
final class ThreadCapabilities {
    private static final int VERSION_3 = 0x2008_0522;

    // struct __user_cap_data_struct, for bits 0 to 31 and once more for the others
    private static final int DATA_SIZE = 24;
    private static final int UPPER = 12;
    private static final int EFFECTIVE = 0;
    private static final int PERMITTED = 4;
    private static final int INHERITABLE = 8;

    private static final int CAPGET = AbiNumber.SYS_CAPGET.or(-1);
    private static final int CAPSET = AbiNumber.SYS_CAPSET.or(-1);

    private final MemorySegment header = Arena.ofAuto().allocate(8, 4);
    private final MemorySegment data = Arena.ofAuto().allocate(DATA_SIZE, 4);
    private final long permitted;
    private final long inheritable;
    private long effective;

    private ThreadCapabilities() {
        header.set(JAVA_INT, 0, VERSION_3);
        int _ = call(CAPGET); // without it there are none
        effective = get(EFFECTIVE);
        permitted = get(PERMITTED);
        inheritable = get(INHERITABLE);
    }

    /// Those that the calling thread has; none on other hosts.
    static ThreadCapabilities ofThisThread() {
        return new ThreadCapabilities();
    }

    /// Whether all of these are in effect.
    boolean has(LinuxCapability... wanted) {
        long bits = Arrays.stream(wanted).mapToLong(LinuxCapability::bit).sum();
        return (effective & bits) == bits;
    }

    /// Puts the one capability into effect that the thread still may have, after it has changed its user.
    ///
    /// @return 0, or the negated error number
    int regain(LinuxCapability capability) {
        return set(capability.bit() & permitted, permitted, inheritable);
    }

    /// Keeps no others than these.
    ///
    /// @return 0, or the negated error number
    int limit(long kept) {
        return set(permitted & kept, permitted & kept, inheritable & kept);
    }

    private int set(long newEffective, long newPermitted, long newInheritable) {
        put(EFFECTIVE, newEffective);
        put(PERMITTED, newPermitted);
        put(INHERITABLE, newInheritable);
        int result = call(CAPSET);
        if (result == 0) {
            effective = newEffective;
        }
        return result;
    }

    private int call(int number) {
        return (int) Downcall.systemCall(number, header.address(), data.address(), 0, 0, 0, 0);
    }

    private long get(int set) {
        return Integer.toUnsignedLong(data.get(JAVA_INT, set)) | (long) data.get(JAVA_INT, UPPER + set) << Integer.SIZE;
    }

    private void put(int set, long bits) {
        data.set(JAVA_INT, set, (int) bits);
        data.set(JAVA_INT, UPPER + set, (int) (bits >>> Integer.SIZE));
    }
}

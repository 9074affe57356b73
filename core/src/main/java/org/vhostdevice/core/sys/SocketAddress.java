package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// `struct sockaddr_un`, the address of a Unix socket.
final class SocketAddress {
    private static final byte AF_UNIX = 1;

    private SocketAddress() {}

    /// The longest path that fits, in bytes, without the NUL at its end.
    static int maxPathBytes(HostAbi abi) {
        return AbiNumber.SUN_PATH_SIZE.on(abi) - 1;
    }

    /// The address of a path of at most [#maxPathBytes] bytes.
    static MemorySegment of(HostAbi abi, byte[] path, Arena arena) {
        MemorySegment address = arena.allocate(AbiNumber.SOCKADDR_UN_SIZE.on(abi), 8);
        if (AbiNumber.SUN_LEN.existsOn(abi)) {
            int length = AbiNumber.SOCKADDR_UN_SIZE.on(abi);
            address.set(JAVA_BYTE, AbiNumber.SUN_LEN.on(abi), (byte) length);
            address.set(JAVA_BYTE, 1, AF_UNIX);
        } else {
            address.set(JAVA_SHORT, 0, AF_UNIX);
        }
        MemorySegment.copy(path, 0, address, JAVA_BYTE, AbiNumber.SUN_PATH.on(abi), path.length);
        return address;
    }
}

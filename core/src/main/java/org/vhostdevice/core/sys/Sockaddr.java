package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// The addresses of sockets as system calls take them: `struct sockaddr_un`, `sockaddr_in`, `sockaddr_in6` and
/// `sockaddr_vm`.
final class Sockaddr {
    static final int AF_UNIX = 1;
    private static final int AF_INET = 2;
    private static final int IN_SIZE = 16;
    private static final int IN6_SIZE = 28;
    private static final int PORT = 2;
    private static final int IN_ADDRESS = 4;
    private static final int IN6_ADDRESS = 8;
    private static final int IN6_SCOPE = 24;
    private static final ValueLayout.OfShort NETWORK_SHORT = JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN);

    private Sockaddr() {}

    /// The longest path that fits, in bytes, without the NUL at its end.
    static int maxPathBytes(HostAbi abi) {
        return AbiNumber.SUN_PATH_SIZE.on(abi) - 1;
    }

    /// The family of an address.
    ///
    /// @throws UnsupportedOperationException if the host has no such sockets
    static int family(HostAbi abi, SocketAddress address) {
        return switch (address) {
            case SocketAddress.Unix _ -> AF_UNIX;
            case SocketAddress.Inet inet -> inet.host() instanceof Inet6Address ? AbiNumber.AF_INET6.on(abi) : AF_INET;
            case SocketAddress.Vsock _ -> AbiNumber.AF_VSOCK.on(abi);
        };
    }

    /// The address as a structure.
    ///
    /// @param call that it is for, which an error names
    /// @throws ErrnoException with `ENAMETOOLONG` if the path of a Unix socket is too long
    static MemorySegment of(HostAbi abi, String call, SocketAddress address, Arena arena) throws ErrnoException {
        return switch (address) {
            case SocketAddress.Unix unix -> {
                byte[] bytes = NativePath.bytes(unix.path());
                if (bytes.length > maxPathBytes(abi)) {
                    throw new ErrnoException(
                            call + " " + unix + " (" + bytes.length + " bytes, at most " + maxPathBytes(abi)
                                    + " allowed)",
                            Errno.ENAMETOOLONG.number());
                }
                yield unix(abi, bytes, arena);
            }
            case SocketAddress.Inet inet -> inet(abi, inet, arena);
            case SocketAddress.Vsock vsock -> vsock(abi, vsock, arena);
        };
    }

    /// The address of a path of at most [#maxPathBytes] bytes.
    static MemorySegment unix(HostAbi abi, byte[] path, Arena arena) {
        MemorySegment address = begin(abi, AbiNumber.SOCKADDR_UN_SIZE.on(abi), AF_UNIX, arena);
        MemorySegment.copy(path, 0, address, JAVA_BYTE, AbiNumber.SUN_PATH.on(abi), path.length);
        return address;
    }

    /// The address of a Unix socket that has a name and no file, on Linux. The name ends with the structure.
    ///
    /// @throws ErrnoException with `ENAMETOOLONG` if the name is too long
    /// @throws UnsupportedOperationException on other hosts
    static MemorySegment withoutFile(String name, Arena arena) throws ErrnoException {
        HostAbi abi = HostAbi.current();
        if (HostOs.current() != HostOs.LINUX) {
            throw new UnsupportedOperationException("sockets have files on this host");
        }
        byte[] bytes = ('\0' + name).getBytes(StandardCharsets.UTF_8);
        if (bytes.length > AbiNumber.SUN_PATH_SIZE.on(abi)) {
            throw new ErrnoException("connect @" + name, Errno.ENAMETOOLONG.number());
        }
        return unix(abi, bytes, arena).asSlice(0, AbiNumber.SUN_PATH.on(abi) + bytes.length);
    }

    static MemorySegment inet(HostAbi abi, SocketAddress.Inet inet, Arena arena) {
        InetSocketAddress target = inet.address();
        byte[] host = inet.host().getAddress();
        boolean six = inet.host() instanceof Inet6Address;
        MemorySegment address = begin(abi, six ? IN6_SIZE : IN_SIZE, family(abi, inet), arena);
        address.set(NETWORK_SHORT, PORT, (short) target.getPort());
        MemorySegment.copy(host, 0, address, JAVA_BYTE, six ? IN6_ADDRESS : IN_ADDRESS, host.length);
        if (inet.host() instanceof Inet6Address scoped) {
            address.set(JAVA_INT, IN6_SCOPE, scoped.getScopeId());
        }
        return address;
    }

    static MemorySegment vsock(HostAbi abi, SocketAddress.Vsock vsock, Arena arena) {
        MemorySegment address = begin(abi, AbiNumber.SOCKADDR_VM_SIZE.on(abi), family(abi, vsock), arena);
        address.set(JAVA_INT, AbiNumber.SVM_PORT.on(abi), vsock.port());
        address.set(JAVA_INT, AbiNumber.SVM_CID.on(abi), vsock.cid());
        return address;
    }

    /// A structure that says its family and, where the host's do, its length.
    private static MemorySegment begin(HostAbi abi, int size, int family, Arena arena) {
        MemorySegment address = arena.allocate(size, 8);
        if (AbiNumber.SUN_LEN.existsOn(abi)) {
            address.set(JAVA_BYTE, AbiNumber.SUN_LEN.on(abi), (byte) size);
            address.set(JAVA_BYTE, 1, (byte) family);
        } else {
            address.set(JAVA_SHORT, 0, (short) family);
        }
        return address;
    }
}

package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Who is at the other end of a Unix socket.
final class PeerCredentials {
    private PeerCredentials() {}

    /// The process id, from the option that this host has: `SO_PEERCRED`, `LOCAL_PEERPID` or `LOCAL_PEERCRED`.
    static int pid(int fd) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(AbiNumber.PEER_SIZE.value(), 4);
            int result = SocketCalls.getsockopt(fd, AbiNumber.PEER_LEVEL.value(), AbiNumber.PEER_OPTION.value(), value);
            ErrnoException.check("peer credentials", result);
            return value.get(JAVA_INT, AbiNumber.PEER_PID.value());
        }
    }
}

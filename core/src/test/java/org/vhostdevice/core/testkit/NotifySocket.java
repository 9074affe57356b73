package org.vhostdevice.core.testkit;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/// The socket of a service manager on Linux, where services tell what becomes of them. Used by one thread.
public final class NotifySocket implements AutoCloseable {
    private static final short AF_UNIX = 1;
    private static final int SOCK_DGRAM_CLOEXEC = 2 | 0x8_0000;
    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVTIMEO = 20;
    private static final int PATIENCE_SECONDS = 60;
    private static final int LONGEST = 4096;

    private static final MethodHandle SOCKET = link("socket");
    private static final MethodHandle BIND = link("bind");
    private static final MethodHandle SETSOCKOPT = link("setsockopt");
    private static final MethodHandle RECV = link("recv");
    private static final MethodHandle CLOSE = link("close");

    private final String address;
    private final long fd;

    /// Takes an address.
    ///
    /// @param address a path, or `@` and a name without a file, as in `NOTIFY_SOCKET`
    public NotifySocket(String address) {
        this.address = address;
        fd = call(SOCKET, AF_UNIX, SOCK_DGRAM_CLOEXEC, 0, 0, 0);
        try (Arena arena = Arena.ofConfined()) {
            byte[] path = address.replace('@', '\0').getBytes(StandardCharsets.UTF_8);
            MemorySegment structure = arena.allocate(2L + path.length, 2);
            structure.set(JAVA_SHORT, 0, AF_UNIX);
            MemorySegment.copy(path, 0, structure, JAVA_BYTE, 2, path.length);
            long _ = call(BIND, fd, structure.address(), structure.byteSize(), 0, 0);
            MemorySegment time = arena.allocateFrom(JAVA_LONG, PATIENCE_SECONDS, 0);
            long _ = call(SETSOCKOPT, fd, SOL_SOCKET, SO_RCVTIMEO, time.address(), time.byteSize());
        }
    }

    /// {@return the value of `NOTIFY_SOCKET`}
    public String address() {
        return address;
    }

    /// Waits for a message.
    ///
    /// @return its text
    public String receive() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(LONGEST);
            long bytes = call(RECV, fd, buffer.address(), LONGEST, 0, 0);
            return new String(buffer.asSlice(0, bytes).toArray(JAVA_BYTE), StandardCharsets.UTF_8);
        }
    }

    @Override
    public void close() {
        long _ = call(CLOSE, fd, 0, 0, 0, 0);
    }

    @SuppressWarnings("restricted") // calls of the system are all that it is for
    private static MethodHandle link(String function) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().find(function).orElseThrow(),
                FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    }

    private static long call(MethodHandle function, long a, long b, long c, long d, long e) {
        try {
            int result = (int) function.invokeExact(a, b, c, d, e);
            if (result < 0) {
                throw new AssertionError("a system call has failed");
            }
            return result;
        } catch (RuntimeException | Error problem) {
            throw problem;
        } catch (Throwable problem) {
            throw new AssertionError(problem);
        }
    }
}

package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Reference;
import java.util.Arrays;

/// Calls C functions, nearly all of them through one shape: six 64-bit arguments, a 64-bit result, `errno` captured.
///
/// A function that takes fewer or narrower arguments ignores the rest, so that the JVM builds one call stub for
/// the whole program. Only on Apple silicon do variadic functions have shapes of their own, which their [Symbol] asks
/// for. Failure comes back as the kernel reports it: the negated error number, which is also how a pointer result
/// tells an address from an error.
@SuppressWarnings("checkstyle:ParameterNumber") // the parameters of the shape
final class Downcall {
    private static final MemoryLayout STATE_LAYOUT = Linker.Option.captureStateLayout();
    private static final long ERRNO = STATE_LAYOUT.byteOffset(PathElement.groupElement("errno"));

    /// Where `errno` of this thread's last call lies.
    private static final ThreadLocal<MemorySegment> STATE =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(STATE_LAYOUT));

    private static final MethodHandle FIXED =
            link(FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));

    /// Also where such a host is played: the other processors do not mind.
    private static final boolean VARIADIC_ON_STACK =
            HostAbi.current() == HostAbi.MACOS_AARCH64 || HostAbi.limit() == HostAbi.MACOS_AARCH64;

    /// Functions with one variadic argument, for Apple silicon, where it goes on the stack.
    private static final class Variadic {
        static final FunctionDescriptor THREE = FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
        static final FunctionDescriptor FOUR = THREE.appendArgumentLayouts(JAVA_LONG);
        static final MethodHandle TWO_AND_ONE = link(THREE, Linker.Option.firstVariadicArg(2));
        static final MethodHandle THREE_AND_ONE = link(FOUR, Linker.Option.firstVariadicArg(3));

        private Variadic() {}

        static long invoke(Symbol function, MemorySegment state, long a, long b, long c, long d) throws Throwable {
            return switch (function.fixedArguments()) {
                case 2 -> (long) TWO_AND_ONE.invokeExact(function.address(), state, a, b, c);
                case 3 -> (long) THREE_AND_ONE.invokeExact(function.address(), state, a, b, c, d);
                default -> throw new IllegalArgumentException("no shape for " + function);
            };
        }
    }

    /// `syscall(number, a, b, c, d, e, f)`, linked when it is first needed.
    private static final class SystemCall {
        static final MethodHandle SIX = link(FunctionDescriptor.of(
                JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));

        private SystemCall() {}
    }

    private Downcall() {}

    /// Calls a function with an `int` result.
    ///
    /// @return its result, or the negated error number
    static int toInt(Symbol function, long a) {
        return toInt(function, a, 0, 0, 0, 0, 0);
    }

    static int toInt(Symbol function, long a, long b) {
        return toInt(function, a, b, 0, 0, 0, 0);
    }

    static int toInt(Symbol function, long a, long b, long c) {
        return toInt(function, a, b, c, 0, 0, 0);
    }

    /// As [#toInt(Symbol, long)], with a buffer that stays alive until the call returns.
    static int toInt(Symbol function, MemorySegment a, long b, long c) {
        try {
            return toInt(function, a.address(), b, c);
        } finally {
            Reference.reachabilityFence(a);
        }
    }

    static int toInt(Symbol function, long a, MemorySegment b, long c, long d) {
        try {
            return toInt(function, a, b.address(), c, d, 0, 0);
        } finally {
            Reference.reachabilityFence(b);
        }
    }

    static int toInt(Symbol function, long a, long b, MemorySegment c, long d, long e) {
        try {
            return toInt(function, a, b, c.address(), d, e, 0);
        } finally {
            Reference.reachabilityFence(c);
        }
    }

    static int toInt(Symbol function, long a, long b, long c, MemorySegment d, long e) {
        try {
            return toInt(function, a, b, c, d.address(), e, 0);
        } finally {
            Reference.reachabilityFence(d);
        }
    }

    static int toInt(Symbol function, long a, long b, long c, long d, long e, long f) {
        MemorySegment state = STATE.get();
        // The upper half of the register is not part of an int result.
        int result = (int) invoke(function, state, a, b, c, d, e, f);
        return result == -1 ? -state.get(JAVA_INT, ERRNO) : result;
    }

    /// Calls a function with a 64-bit result.
    ///
    /// @return its result, or the negated error number
    static long toLong(Symbol function, long a) {
        return toLong(function, a, 0, 0, 0, 0, 0);
    }

    static long toLong(Symbol function, long a, MemorySegment b, long c, long d, long e) {
        try {
            return toLong(function, a, b.address(), c, d, e, 0);
        } finally {
            Reference.reachabilityFence(b);
        }
    }

    static long toLong(Symbol function, long a, long b, long c, long d, long e, long f) {
        MemorySegment state = STATE.get();
        long result = invoke(function, state, a, b, c, d, e, f);
        return result == -1 ? -state.get(JAVA_INT, ERRNO) : result;
    }

    /// Makes a system call by its number, on Linux, where C passes the arguments of `syscall(2)` as if it were not
    /// variadic.
    ///
    /// @return its result, or the negated error number
    static long systemCall(long number, long a, long b, long c, long d, long e, long f) {
        MemorySegment state = STATE.get();
        try {
            long result = (long) SystemCall.SIX.invokeExact(Symbol.SYSCALL.address(), state, number, a, b, c, d, e, f);
            return result == -1 ? -state.get(JAVA_INT, ERRNO) : result;
        } catch (Throwable t) {
            throw unchecked(t);
        }
    }

    private static long invoke(Symbol function, MemorySegment state, long a, long b, long c, long d, long e, long f) {
        try {
            if (VARIADIC_ON_STACK && function.fixedArguments() != 0) {
                return Variadic.invoke(function, state, a, b, c, d);
            }
            return (long) FIXED.invokeExact(function.address(), state, a, b, c, d, e, f);
        } catch (Throwable t) {
            throw unchecked(t);
        }
    }

    // A downcall throws nothing checked.
    private static RuntimeException unchecked(Throwable t) {
        if (t instanceof RuntimeException e) {
            return e;
        }
        if (t instanceof Error e) {
            throw e;
        }
        return new IllegalStateException(t);
    }

    @SuppressWarnings("restricted")
    private static MethodHandle link(FunctionDescriptor shape, Linker.Option... options) {
        Linker.Option[] all = Arrays.copyOf(options, options.length + 1);
        all[options.length] = Linker.Option.captureCallState("errno");
        return Linker.nativeLinker().downcallHandle(shape, all);
    }
}

package org.vhostdevice.core.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.vhostdevice.core.sys.SystemCallFilter.Instruction;
import org.vhostdevice.core.sys.SystemCallFilter.Refusal;

/// The filter of system calls, run as the kernel runs it.
class SystemCallFilterTest {
    private static final int ALLOW = 0x7fff_0000;
    private static final int ENOSYS = 0x5_0026;
    private static final int KILL = 0x8000_0000;
    private static final int X86_64 = 0xc000_003e;
    private static final int AARCH64 = 0xc000_00b7;
    private static final int CLONE_THREAD = 0x1_0000;
    private static final int CLONE_FS = 0x200;
    private static final int UNKNOWN = 9999;

    private final Properties numbers = load();

    private static Properties load() {
        Properties properties = new Properties();
        try (InputStream in =
                Objects.requireNonNull(SystemCallFilterTest.class.getResourceAsStream("/system-calls.properties"))) {
            properties.load(in);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return properties;
    }

    /// What the filter of x86-64 says to a call.
    private static int run(Refusal refusal, int architecture, int number, int argument) {
        return run(SystemCallFilter.program(HostAbi.LINUX_X86_64, refusal), architecture, number, argument);
    }

    private static int run(List<Instruction> program, int architecture, int number, int argument) {
        int accumulator = 0;
        for (int at = 0; ; at++) {
            Instruction next = program.get(at);
            boolean taken = false;
            switch (next.code()) {
                case 0x20 ->
                    accumulator = switch (next.operand()) {
                        case 0 -> number;
                        case 4 -> architecture;
                        case 16 -> argument;
                        default -> throw new AssertionError(next);
                    };
                case 0x15 -> taken = accumulator == next.operand();
                case 0x45 -> taken = (accumulator & next.operand()) != 0;
                case 0x35 -> taken = Integer.compareUnsigned(accumulator, next.operand()) >= 0;
                case 0x06 -> {
                    return next.operand();
                }
                default -> throw new AssertionError(next);
            }
            at += taken ? next.ifTrue() : next.ifFalse();
        }
    }

    @Test
    void everyCallIsCompared() {
        assertEquals(
                new TreeSet<>(numbers.stringPropertyNames()),
                Arrays.stream(SystemCall.values()).map(Enum::name).collect(Collectors.toCollection(TreeSet::new)));
    }

    @ParameterizedTest
    @EnumSource
    void everyCallHasTheNumberOfTheHeaders(SystemCall call) {
        String[] expected = numbers.getProperty(call.name()).replace("-", "-1").split(" ", -1);
        assertEquals(Integer.parseInt(expected[0]), call.on(HostAbi.LINUX_X86_64));
        assertEquals(Integer.parseInt(expected[1]), call.on(HostAbi.LINUX_AARCH64));
        assertEquals(-1, call.on(HostAbi.MACOS_AARCH64));
    }

    @ParameterizedTest
    @EnumSource
    void everyCallIsTreatedAsTheTableSays(SystemCall call) {
        for (HostAbi abi : List.of(HostAbi.LINUX_X86_64, HostAbi.LINUX_AARCH64)) {
            int architecture = abi == HostAbi.LINUX_X86_64 ? X86_64 : AARCH64;
            int number = call.on(abi);
            if (number >= 0) {
                int result = run(SystemCallFilter.program(abi, Refusal.KILL), architecture, number, 0);
                assertEquals(call.use() == SystemCall.Use.ALLOWED ? ALLOW : KILL, result);
            }
        }
    }

    @Test
    void threadsAreStartedAndProcessesAreNot() {
        int clone = SystemCall.CLONE.on(HostAbi.LINUX_X86_64);
        assertEquals(ALLOW, run(Refusal.KILL, X86_64, clone, CLONE_THREAD | 0x3d0f00));
        assertEquals(KILL, run(Refusal.KILL, X86_64, clone, 17));
        assertEquals(ENOSYS, run(Refusal.KILL, X86_64, 435, 0));
        assertEquals(ENOSYS, run(Refusal.LOG, X86_64, 435, 0));
    }

    @Test
    void threadsAreSeparatedFromDirectoriesOnly() {
        int unshare = SystemCall.UNSHARE.on(HostAbi.LINUX_X86_64);
        assertEquals(ALLOW, run(Refusal.KILL, X86_64, unshare, CLONE_FS));
        assertEquals(KILL, run(Refusal.KILL, X86_64, unshare, CLONE_FS | Isolation.MOUNTS));
    }

    @Test
    void whatIsNotKnownIsMissing() {
        assertEquals(ENOSYS, run(Refusal.KILL, X86_64, UNKNOWN, 0));
        assertEquals(ENOSYS, run(Refusal.TRAP, X86_64, UNKNOWN, 0));
        assertEquals(0x7ffc_0000, run(Refusal.LOG, X86_64, UNKNOWN, 0));
    }

    @Test
    void whatIsRefusedIsToldAsAsked() {
        int execve = SystemCall.EXECVE.on(HostAbi.LINUX_X86_64);
        assertEquals(0x3_0000, run(Refusal.TRAP, X86_64, execve, 0));
        assertEquals(0x7ffc_0000, run(Refusal.LOG, X86_64, execve, 0));
    }

    @Test
    void callsOfAnotherKindOfProcessorEndTheProcess() {
        assertEquals(KILL, run(Refusal.LOG, AARCH64, 0, 0));
        assertEquals(KILL, run(Refusal.LOG, X86_64, 0x4000_0000, 0));
    }

    @Test
    void kernelTakesAFilterOfThisLength() {
        for (HostAbi abi : List.of(HostAbi.LINUX_X86_64, HostAbi.LINUX_AARCH64)) {
            assertTrue(SystemCallFilter.program(abi, Refusal.KILL).size() <= 4096);
        }
    }
}

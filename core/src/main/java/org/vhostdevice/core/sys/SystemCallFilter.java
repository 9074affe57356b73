package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// Takes system calls from this process that a server of files has no use for (`seccomp(2)`), on Linux.
///
/// What it must never do, such as starting programs, mounting or looking into other processes, is refused
/// visibly. What this class does not know fails with `ENOSYS`, as on an older kernel: the JVM and the C library
/// can do without.
public final class SystemCallFilter {
    /// What becomes of calls that are refused.
    public enum Refusal {
        /// The process is killed.
        KILL(0x8000_0000),
        /// The thread gets `SIGSYS`.
        TRAP(0x3_0000),
        /// They are done, and all that are not known are told to the audit log too.
        LOG(0x7ffc_0000);

        private final int action;

        Refusal(int action) {
            this.action = action;
        }
    }

    private static final int ALLOW = 0x7fff_0000;
    private static final int NO_SUCH_CALL = 0x5_0000 | 38;
    private static final int KILL_PROCESS = Refusal.KILL.action;

    // struct seccomp_data
    private static final int NUMBER = 0;
    private static final int ARCHITECTURE = 4;
    private static final int FIRST_ARGUMENT = 16;

    // struct sock_filter
    private static final int INSTRUCTION_SIZE = 8;
    private static final int CODE = 0;
    private static final int IF_TRUE = 2;
    private static final int IF_FALSE = 3;
    private static final int OPERAND = 4;

    // struct sock_fprog
    private static final int PROGRAM_SIZE = 16;
    private static final int PROGRAM_INSTRUCTIONS = 8;

    private static final short LOAD = 0x20;
    private static final short IF_EQUAL = 0x15;
    private static final short IF_ANY_BIT = 0x45;
    private static final short IF_NOT_LESS = 0x35;
    private static final short RETURN = 0x06;

    private static final int X86_64 = 0xc000_003e;
    private static final int AARCH64 = 0xc000_00b7;
    private static final int X32_BIT = 0x4000_0000;
    private static final int CLONE_FS = 0x200;
    private static final int CLONE_THREAD = 0x1_0000;
    private static final int CLONE3 = 435;

    private static final int SECCOMP = AbiNumber.SYS_SECCOMP.or(-1);
    private static final int SET_MODE_FILTER = 1;
    private static final int ALL_THREADS = 1;

    private final HostAbi abi;
    private final int refused;
    private final int unknown;
    private final List<Instruction> program = new ArrayList<>();

    /// @param ifTrue how many instructions are left out then
    /// @param ifFalse how many instructions are left out then
    record Instruction(short code, int ifTrue, int ifFalse, int operand) {}

    private SystemCallFilter(HostAbi abi, Refusal refusal) {
        this.abi = abi;
        this.refused = refusal.action;
        this.unknown = refusal == Refusal.LOG ? refusal.action : NO_SUCH_CALL;
    }

    /// {@return whether this host has filters, and its calls are known}
    public static boolean possible() {
        return Capability.SECCOMP.available();
    }

    /// Filters the calls of all threads from now on, for ever. No thread gets new privileges from now on either.
    ///
    /// @param refusal what becomes of calls that are refused
    /// @throws ErrnoException if the host has no filters
    public static void install(Refusal refusal) throws ErrnoException {
        Isolation.forbidNewPrivileges();
        List<Instruction> program = program(HostAbi.current(), refusal);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment instructions = arena.allocate((long) INSTRUCTION_SIZE * program.size(), INSTRUCTION_SIZE);
            for (int i = 0; i < program.size(); i++) {
                write(program.get(i), instructions.asSlice((long) INSTRUCTION_SIZE * i, INSTRUCTION_SIZE));
            }
            MemorySegment header = arena.allocate(PROGRAM_SIZE, PROGRAM_INSTRUCTIONS);
            header.set(JAVA_SHORT, 0, (short) program.size());
            header.set(ADDRESS, PROGRAM_INSTRUCTIONS, instructions);
            long result = Downcall.systemCall(SECCOMP, SET_MODE_FILTER, ALL_THREADS, header.address(), 0, 0, 0);
            // A positive result is a thread that could not be changed.
            ErrnoException.check("seccomp", result > 0 ? -Errno.ESRCH.number() : result);
        }
    }

    private static void write(Instruction instruction, MemorySegment to) {
        to.set(JAVA_SHORT, CODE, instruction.code);
        to.set(JAVA_BYTE, IF_TRUE, (byte) instruction.ifTrue);
        to.set(JAVA_BYTE, IF_FALSE, (byte) instruction.ifFalse);
        to.set(JAVA_INT, OPERAND, instruction.operand);
    }

    /// The filter of a host, in classic BPF.
    static List<Instruction> program(HostAbi abi, Refusal refusal) {
        SystemCallFilter filter = new SystemCallFilter(abi, refusal);
        filter.assemble();
        return filter.program;
    }

    private void assemble() {
        add(LOAD, 0, 0, ARCHITECTURE);
        add(IF_EQUAL, 1, 0, abi == HostAbi.LINUX_AARCH64 ? AARCH64 : X86_64);
        add(RETURN, 0, 0, KILL_PROCESS);
        add(LOAD, 0, 0, NUMBER);
        if (abi == HostAbi.LINUX_X86_64) {
            add(IF_NOT_LESS, 0, 1, X32_BIT);
            add(RETURN, 0, 0, KILL_PROCESS);
        }
        for (SystemCall call : SystemCall.values()) {
            if (call.on(abi) >= 0) {
                add(call);
            }
        }
        // Its flags lie in memory, out of sight: the C library uses clone instead.
        decide(CLONE3, NO_SUCH_CALL);
        add(RETURN, 0, 0, unknown);
    }

    private void add(SystemCall call) {
        switch (call.use()) {
            case ALLOWED -> decide(call.on(abi), ALLOW);
            case REFUSED -> decide(call.on(abi), refused);
            case THREADS_ONLY -> decideByArgument(call.on(abi), IF_ANY_BIT, CLONE_THREAD);
            case DIRECTORIES_ONLY -> decideByArgument(call.on(abi), IF_EQUAL, CLONE_FS);
        }
    }

    private void decide(int number, int action) {
        add(IF_EQUAL, 0, 1, number);
        add(RETURN, 0, 0, action);
    }

    private void decideByArgument(int number, short test, int flag) {
        add(IF_EQUAL, 0, 4, number);
        add(LOAD, 0, 0, FIRST_ARGUMENT);
        add(test, 0, 1, flag);
        add(RETURN, 0, 0, ALLOW);
        add(RETURN, 0, 0, refused);
    }

    private void add(short code, int ifTrue, int ifFalse, int operand) {
        program.add(new Instruction(code, ifTrue, ifFalse, operand));
    }
}

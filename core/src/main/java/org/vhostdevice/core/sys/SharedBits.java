package org.vhostdevice.core.sys;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.ByteOrder;

/// Single bits of memory that other processes change at the same time.
///
/// No access of Java's own will do: a read-modify-write is not atomic against other processes when it is plain, and
/// one that is atomic can end the process when the memory's file has been truncated. So the kernel changes the bits:
/// `futex(2)` does so atomically and reports `EFAULT` where there is no memory any more. Needs
/// [Capability#ATOMIC_BITS]; any thread, no allocation.
public final class SharedBits {
    /// Bytes of the words in which the kernel changes bits, at multiples of as many.
    public static final int WORD_BYTES = Integer.BYTES;

    private static final boolean LITTLE_ENDIAN = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

    /// `FUTEX_OP_OR`.
    private static final int OR = 2 << 28;

    /// `FUTEX_OP_ANDN`.
    private static final int AND_NOT = 3 << 28;

    /// `FUTEX_OP_OPARG_SHIFT`: the argument is the number of a bit.
    private static final int ARGUMENT_IS_BIT = 8 << 28;

    private static final int ARGUMENT_SHIFT = 12;

    /// The argument -1, which has all bits set.
    private static final int ALL = 0xfff << ARGUMENT_SHIFT;

    private SharedBits() {}

    /// Sets a bit.
    ///
    /// @param memory shared, mapped writable
    /// @param offset of the byte
    /// @param bit 0 to 7, from the lowest one on
    /// @throws InternalError if the memory's file has been truncated, as with every access to shared memory
    public static void set(MemorySegment memory, long offset, int bit) {
        change(OR | ARGUMENT_IS_BIT, memory, offset, bit);
    }

    /// Clears a bit.
    ///
    /// @param memory shared, mapped writable
    /// @param offset of the byte
    /// @param bit 0 to 7, from the lowest one on
    /// @throws InternalError if the memory's file has been truncated, as with every access to shared memory
    public static void clear(MemorySegment memory, long offset, int bit) {
        change(AND_NOT | ARGUMENT_IS_BIT, memory, offset, bit);
    }

    /// Sets all bits of a word at once.
    ///
    /// @param memory shared, mapped writable
    /// @param offset of the word, whose address is a multiple of [#WORD_BYTES]
    /// @throws InternalError if the memory's file has been truncated, as with every access to shared memory
    public static void setWord(MemorySegment memory, long offset) {
        long address = memory.address() + offset;
        boolean inside = offset >= 0 && offset <= memory.byteSize() - WORD_BYTES;
        if (memory.isReadOnly() || !inside || (address & (WORD_BYTES - 1)) != 0) {
            throw new IllegalArgumentException("word at byte " + offset + " of " + memory);
        }
        apply(OR | ALL, address, memory);
    }

    /// A word may begin before the memory or end behind it, but in the same page; those bytes do not change.
    private static void change(int operation, MemorySegment memory, long offset, int bit) {
        if (memory.isReadOnly() || bit < 0 || bit >= Byte.SIZE || offset < 0 || offset >= memory.byteSize()) {
            throw new IllegalArgumentException("bit " + bit + " of byte " + offset + " of " + memory);
        }
        long address = memory.address() + offset;
        int place = (int) address & (WORD_BYTES - 1);
        int byteInWord = LITTLE_ENDIAN ? place : WORD_BYTES - 1 - place;
        int number = byteInWord * Byte.SIZE + bit;
        apply(operation | number << ARGUMENT_SHIFT, address - place, memory);
    }

    private static void apply(int operation, long word, MemorySegment memory) {
        int result;
        try {
            do {
                result = Libc.futexWakeOp(word, operation);
            } while (result == Libc.EINTR || result == Libc.EAGAIN);
        } finally {
            Reference.reachabilityFence(memory);
        }
        if (result < 0) {
            throw new InternalError(
                    "shared memory cannot be changed: " + Errno.of(-result).description());
        }
    }
}

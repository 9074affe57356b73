package org.vhostdevice.core.check;

/// A descriptor to be written.
///
/// @param address guest address
/// @param length  bytes
/// @param flags   of [Bits], without NEXT: the ring sets that where others follow
record Descriptor(long address, long length, int flags) {
    boolean writable() {
        return (flags & Bits.WRITE) != 0;
    }
}

package org.vhostdevice.blk.qcow2;

/// What a range of the disk is.
///
/// @param kind of all its bytes
/// @param at where they begin in the file if they are data; the L2 entry if they are compressed
/// @param bytes how many
record Mapping(Kind kind, long at, long bytes) {
    enum Kind {
        /// Bytes in the file.
        DATA,
        /// Zeros.
        ZERO,
        /// Nothing here: what the backing file has, or zeros.
        UNALLOCATED,
        /// A part of one compressed cluster.
        COMPRESSED
    }

    /// Whether bytes that follow these are of one piece with them.
    boolean continuedBy(Mapping next) {
        return kind == next.kind && kind != Kind.COMPRESSED && (kind != Kind.DATA || next.at == at + bytes);
    }

    Mapping with(Mapping next) {
        return new Mapping(kind, at, bytes + next.bytes);
    }
}

package org.vhostdevice.blk.backend;

/// No medium at all, only its size.
///
/// @param bytes the size, a multiple of the block size
/// @param readOnly whether writes are refused
public record NullSpec(long bytes, boolean readOnly) implements MediumSpec {}

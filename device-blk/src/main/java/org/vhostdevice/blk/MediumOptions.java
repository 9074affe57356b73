package org.vhostdevice.blk;

/// How a medium is used.
///
/// @param readOnly whether it is only read
/// @param cache how the host keeps what was written
/// @param discard whether the driver may give up sectors
record MediumOptions(boolean readOnly, CacheMode cache, boolean discard) {}

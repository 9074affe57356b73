package org.vhostdevice.blk.qcow2;

/// Clusters that lose a reference.
///
/// @param offset of the first in the file
/// @param clusters how many
record Freed(long offset, long clusters) {}

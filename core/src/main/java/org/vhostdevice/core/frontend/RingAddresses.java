package org.vhostdevice.core.frontend;

/// The guest addresses of a ring's parts.
///
/// @param descriptors descriptor table
/// @param available   available ring
/// @param used        used ring
public record RingAddresses(long descriptors, long available, long used) {}

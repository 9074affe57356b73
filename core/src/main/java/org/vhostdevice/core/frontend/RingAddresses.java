package org.vhostdevice.core.frontend;

/// The guest addresses of a ring's parts.
///
/// @param descriptors descriptor table of a split ring, the ring itself if it is packed
/// @param available   available ring, or the driver's event suppression structure
/// @param used        used ring, or the device's event suppression structure
public record RingAddresses(long descriptors, long available, long used) {}

package org.vhostdevice.console.port;

/// What guest and host know of each other at a port, as it moves with the guest.
///
/// @param number of the port
/// @param announced whether the guest has been told of the port, or is about to be
/// @param ready whether the driver has it
/// @param guestOpen whether a program of the guest has it open
/// @param toldOpen whether the guest knows the host's end as open
/// @param notices bits of what the guest is still to be told
public record PortState(
        int number, boolean announced, boolean ready, boolean guestOpen, boolean toldOpen, int notices) {}

package org.vhostdevice.cli.guest;

import java.util.Map;

/// Scripts for guests with a block device. The functions that interactive guests know are in `guest/blk.sh`.
final class BlkGuestScripts {
    /// Formats, mounts, writes, unmounts, checks, mounts and reads; results `size`, `queues`, and `sum-` of each of
    /// `first`, `second` and `third`, which are the payload from bytes 0, 4097 and 65536 on.
    static final String ROUND_TRIP = GuestResource.text("blk-round-trip.sh");

    /// Reads and tries to write; results `read-only`, `sum` of the payload's size, and `write-status`.
    static final String READ_ONLY = GuestResource.text("blk-read-only.sh");

    /// Stays up and runs commands with the functions for block devices.
    static final String INTERACTIVE = ". /blk.sh\n" + Guest.INTERACTIVE;

    private BlkGuestScripts() {}

    /// Runs one command, which knows the functions for block devices, and ends with its exit status.
    static String of(String command) {
        return ". /blk.sh\n" + command + "\n";
    }

    /// The files of scripts that need no payload.
    static Map<String, byte[]> files() {
        return Map.of("blk.sh", GuestResource.bytes("blk.sh"));
    }

    /// The files that all these scripts need in the guest.
    static Map<String, byte[]> files(Payload payload) {
        return Map.of(
                "blk.sh", GuestResource.bytes("blk.sh"),
                "payload", payload.bytes());
    }
}

package org.vhostdevice.cli.guest;

import java.nio.file.Path;
import java.util.Map;

/// What a guest is started with, whatever runs it.
///
/// @param device the kind of its one vhost-user device
/// @param socket the socket of the back end
/// @param cpus virtual CPUs, and request queues that the front end asks for; User Mode Linux always has one
/// @param files extra files of the guest by path without a leading slash
/// @param script what the guest runs, for busybox `sh`
/// @param memoryMib memory of the guest in MiB
record GuestSpec(GuestDevice device, Path socket, int cpus, Map<String, byte[]> files, String script, int memoryMib) {
    private static final int MEMORY_MIB = 256;

    GuestSpec {
        files = Map.copyOf(files);
    }

    /// A guest with memory enough for most scripts.
    GuestSpec(GuestDevice device, Path socket, int cpus, Map<String, byte[]> files, String script) {
        this(device, socket, cpus, files, script, MEMORY_MIB);
    }

    /// The same guest with other memory.
    GuestSpec withMemory(int mib) {
        return new GuestSpec(device, socket, cpus, files, script, mib);
    }
}

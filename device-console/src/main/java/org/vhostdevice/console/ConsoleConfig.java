package org.vhostdevice.console;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What a console device is like: the options after their checks.
///
/// @param ports from number 0 on, one at least
/// @param mostPorts that it may have at a time, up to [#MOST_PORTS]
/// @param queueSize the largest ring, a power of two
record ConsoleConfig(List<PortSpec> ports, int mostPorts, int queueSize) {
    /// The most ports of a device.
    static final int MOST_PORTS = 512;

    /// The largest ring unless somebody says otherwise.
    static final int QUEUE_SIZE = 1024;

    private static final int MOST_QUEUE_SIZE = 1 << 15;

    /// Checks what must agree.
    ///
    /// @throws IllegalArgumentException with a message for the person who typed the options
    ConsoleConfig {
        ports = List.copyOf(ports);
        if (ports.size() > MOST_PORTS) {
            throw new IllegalArgumentException("a device has at most " + MOST_PORTS + " ports, not " + ports.size());
        }
        if (mostPorts < ports.size() || mostPorts > MOST_PORTS) {
            throw new IllegalArgumentException(
                    "--max-ports must be " + ports.size() + " to " + MOST_PORTS + ", not " + mostPorts);
        }
        if (queueSize < 1 || queueSize > MOST_QUEUE_SIZE || Integer.bitCount(queueSize) != 1) {
            throw new IllegalArgumentException(
                    "--max-queue-size must be a power of two up to " + MOST_QUEUE_SIZE + ", not " + queueSize);
        }
        Set<String> names = new HashSet<>();
        for (PortSpec port : ports) {
            String name = port.traits().name();
            if (!name.isEmpty() && !names.add(name)) {
                throw new IllegalArgumentException("--port: two ports have the name '" + name + "'");
            }
        }
    }

    /// Whether the device has control queues. One console without a name needs none, and drivers without them give
    /// terminals the right size on every kernel.
    boolean multiport() {
        return mostPorts > 1
                || !ports.getFirst().traits().name().isEmpty()
                || !ports.getFirst().traits().console();
    }
}

package org.vhostdevice.cli;

import static java.util.Map.entry;

import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// The feature bits of block devices by their names in the specification (VIRTIO 1.4, 5.2.3 and 6).
final class FeatureNames {
    private static final Map<Integer, String> NAMES = Map.ofEntries(
            entry(1, "SIZE_MAX"),
            entry(2, "SEG_MAX"),
            entry(4, "GEOMETRY"),
            entry(5, "RO"),
            entry(6, "BLK_SIZE"),
            entry(9, "FLUSH"),
            entry(10, "TOPOLOGY"),
            entry(11, "CONFIG_WCE"),
            entry(12, "MQ"),
            entry(13, "DISCARD"),
            entry(14, "WRITE_ZEROES"),
            entry(26, "LOG_ALL"),
            entry(28, "INDIRECT_DESC"),
            entry(29, "EVENT_IDX"),
            entry(30, "PROTOCOL_FEATURES"),
            entry(32, "VERSION_1"),
            entry(34, "RING_PACKED"),
            entry(40, "RING_RESET"));

    private FeatureNames() {}

    /// The names, by rising bit number.
    ///
    /// @param bits bit n set: feature n
    static String of(long bits) {
        return IntStream.range(0, Long.SIZE)
                .filter(bit -> (bits >>> bit & 1) != 0)
                .mapToObj(bit -> NAMES.getOrDefault(bit, "bit " + bit))
                .collect(Collectors.joining(" "));
    }
}

package org.vhostdevice.core.session;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.vhostdevice.core.device.DeviceProvider;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.virtqueue.VirtioFeature;

/// The feature bits of a kind of device by their names in the specifications: the device's own, those of rings and
/// transport, and those of the vhost-user protocol.
public final class FeatureNames {
    /// Names a protocol feature where a virtio feature has the same name.
    private static final String PROTOCOL_PREFIX = "PROTOCOL_F_";

    /// Virtio features by bit.
    private final Map<Integer, String> names = new TreeMap<>();

    private FeatureNames() {}

    /// The names for a device.
    ///
    /// @param device of the kind in question
    /// @return the names
    public static FeatureNames of(DeviceProvider device) {
        var all = new FeatureNames();
        all.names.putAll(device.featureNames());
        for (VirtioFeature feature : VirtioFeature.values()) {
            all.names.put(feature.bit(), feature.name());
        }
        return all;
    }

    /// The names of virtio features, by rising bit number.
    ///
    /// @param bits bit n set: feature n
    /// @return the names, with blanks between them
    public String text(long bits) {
        return IntStream.range(0, Long.SIZE)
                .filter(bit -> (bits >>> bit & 1) != 0)
                .mapToObj(bit -> names.getOrDefault(bit, "bit " + bit))
                .collect(Collectors.joining(" "));
    }

    /// Options that withhold features.
    ///
    /// @param withheld names in any case; one that both have means the virtio feature
    /// @return the options
    /// @throws UsageException if a name is not known, or the device cannot do without the feature
    public ServerOptions without(List<String> withheld) throws UsageException {
        long virtio = 0;
        long protocol = 0;
        for (String typed : withheld) {
            String name = typed.strip().toUpperCase(Locale.ROOT);
            long bit = virtioBit(name);
            virtio |= bit;
            if (bit == 0) {
                protocol |= protocolBit(name, typed);
            }
        }
        try {
            return new ServerOptions(virtio, protocol);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--disable-feature: " + e.getMessage());
        }
    }

    private long virtioBit(String name) {
        return names.entrySet().stream()
                .filter(entry -> entry.getValue().equals(name))
                .mapToLong(entry -> VirtioFeature.mask(entry.getKey()))
                .sum();
    }

    private long protocolBit(String name, String typed) throws UsageException {
        for (ProtocolFeature feature : ProtocolFeature.values()) {
            if (name.equals(feature.name()) || name.equals(PROTOCOL_PREFIX + feature.name())) {
                return feature.mask();
            }
        }
        throw new UsageException(
                "--disable-feature: no feature is named '" + typed + "'; known are " + String.join(" ", known()));
    }

    private Set<String> known() {
        Set<String> known = new LinkedHashSet<>(names.values());
        for (ProtocolFeature feature : ProtocolFeature.values()) {
            if (!known.add(feature.name())) {
                known.add(PROTOCOL_PREFIX + feature.name());
            }
        }
        return known;
    }
}

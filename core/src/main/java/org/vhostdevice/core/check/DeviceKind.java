package org.vhostdevice.core.check;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// The types of devices that checks know.
public enum DeviceKind {
    /// Block device (VIRTIO 1.4, 5.2).
    BLK("block"),
    /// Socket device (VIRTIO 1.4, 5.10).
    VSOCK("vsock"),
    /// Console (VIRTIO 1.4, 5.3).
    CONSOLE("console"),
    /// File system device (VIRTIO 1.4, 5.11).
    FS("fs");

    /// Bits 4, 5, 6 and 9 to 14: no other type here has features there.
    private static final long BLK_FEATURES = 0x7e70;

    private static final int VSOCK_QUEUES = 3;
    private static final int HIGH_WORD = 4;

    private final String schemaType;

    DeviceKind(String schemaType) {
        this.schemaType = schemaType;
    }

    DeviceProbe probe() {
        return switch (this) {
            case BLK -> new BlkProbe();
            case VSOCK -> new VsockProbe();
            case CONSOLE -> new ConsoleProbe();
            case FS -> new FsProbe();
        };
    }

    /// {@return its name as options and reports spell it}
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// Finds the type by the name that back ends print for `--print-capabilities`.
    ///
    /// @param type as in QEMU's schema for vhost-user back ends
    /// @return the type of device, if it is one of these
    public static Optional<DeviceKind> ofSchemaType(String type) {
        return Arrays.stream(values())
                .filter(kind -> kind.schemaType.equals(type))
                .findFirst();
    }

    /// Guesses the type from what only one of these types would tell.
    static Optional<DeviceKind> guess(Facts facts) {
        if ((facts.features() & BLK_FEATURES) != 0) {
            return Optional.of(BLK);
        }
        byte[] config = facts.config().orElse(new byte[0]);
        if (config.length == Facts.CONFIG_BYTES && looksLikeTag(config)) {
            return Optional.of(FS);
        }
        if (config.length == Facts.CONFIG_BYTES && facts.queues() == VSOCK_QUEUES && highWordIsZero(config)) {
            return Optional.of(VSOCK);
        }
        return Optional.empty();
    }

    /// A tag begins with printable characters, and is NUL from its end on.
    private static boolean looksLikeTag(byte[] config) {
        int length = 0;
        while (length < config.length && config[length] >= ' ') {
            length++;
        }
        for (int i = length; i < config.length; i++) {
            if (config[i] != 0) {
                return false;
            }
        }
        return length > 1;
    }

    private static boolean highWordIsZero(byte[] config) {
        for (int i = HIGH_WORD; i < config.length; i++) {
            if (config[i] != 0) {
                return false;
            }
        }
        return true;
    }
}

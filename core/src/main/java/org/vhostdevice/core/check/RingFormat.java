package org.vhostdevice.core.check;

import java.util.Locale;
import org.vhostdevice.core.frontend.FrontendMemory;

/// The two kinds of virtqueues.
public enum RingFormat {
    /// VIRTIO 1.4, 2.7.
    SPLIT {
        @Override
        CheckRing make(int size, long features, FrontendMemory memory) {
            return new SplitCheckRing(size, (features & Bits.EVENT_IDX) != 0, memory);
        }
    },
    /// VIRTIO 1.4, 2.8.
    PACKED {
        @Override
        CheckRing make(int size, long features, FrontendMemory memory) {
            return new PackedCheckRing(size, (features & Bits.IN_ORDER) != 0, memory);
        }
    };

    /// Makes an empty ring.
    ///
    /// @param features as negotiated
    abstract CheckRing make(int size, long features, FrontendMemory memory);

    /// {@return its name as options and reports spell it}
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}

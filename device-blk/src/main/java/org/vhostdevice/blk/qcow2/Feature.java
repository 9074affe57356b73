package org.vhostdevice.blk.qcow2;

import java.io.IOException;

/// Incompatible features.
enum Feature {
    /// Reference counts may be wrong.
    DIRTY(0),
    /// Any structure may be wrong; the image must not be written.
    CORRUPT(1),
    /// Data is in another file.
    DATA_FILE(2),
    /// Compressed clusters are not deflated.
    COMPRESSION(3),
    /// L2 entries have a bitmap of subclusters.
    EXTENDED_L2(4);

    private final long bit;

    Feature(int number) {
        this.bit = 1L << number;
    }

    long bit() {
        return bit;
    }

    /// Refuses features that are not known.
    static void requireKnown(long bits) throws IOException {
        long unknown = bits;
        for (Feature feature : values()) {
            unknown &= ~feature.bit;
        }
        if (unknown != 0) {
            throw new IOException("the image needs a feature that is not known: incompatible feature bit "
                    + Long.numberOfTrailingZeros(unknown));
        }
    }
}

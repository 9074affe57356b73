package org.vhostdevice.core.frontend;

/// How a driver lays out its block requests.
///
/// @param framing where the bytes are cut
/// @param gap     guard bytes between the pieces; changed ones are a [BackendViolation]
/// @param layout  where the descriptors stand
public record BlkStyle(BlkFraming framing, int gap, ChainLayout layout) {
    /// Three descriptors in the ring, as simple drivers do it.
    public static final BlkStyle PLAIN = new BlkStyle(BlkFraming.SEPARATE, 0, ChainLayout.DIRECT);

    /// Checks the gap.
    public BlkStyle {
        if (gap < 0) {
            throw new IllegalArgumentException("a gap of " + gap + " bytes");
        }
    }
}

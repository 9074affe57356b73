package org.vhostdevice.core.virtqueue;

/// A set of virtio feature bits.
///
/// @param bits bit n set: feature n is in the set
public record FeatureSet(long bits) {
    /// No feature at all.
    public static final FeatureSet NONE = new FeatureSet(0);

    /// {@return whether a common feature is in the set}
    ///
    /// @param feature the bit
    public boolean has(VirtioFeature feature) {
        return (bits & feature.mask()) != 0;
    }

    /// {@return whether a device-specific feature is in the set}
    ///
    /// @param bit 0 to 63
    public boolean has(int bit) {
        return (bits & VirtioFeature.mask(bit)) != 0;
    }

    /// {@return this set with one feature more}
    ///
    /// @param feature the bit to add
    public FeatureSet with(VirtioFeature feature) {
        return new FeatureSet(bits | feature.mask());
    }

    /// {@return this set without one feature}
    ///
    /// @param feature the bit to leave out
    public FeatureSet without(VirtioFeature feature) {
        return new FeatureSet(bits & ~feature.mask());
    }

    /// {@return whether every bit of this set is in another one}
    ///
    /// @param other the larger set
    public boolean isSubsetOf(FeatureSet other) {
        return (bits & ~other.bits) == 0;
    }
}

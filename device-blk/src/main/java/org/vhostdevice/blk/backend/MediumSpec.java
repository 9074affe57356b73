package org.vhostdevice.blk.backend;

/// Which medium to serve and how.
public sealed interface MediumSpec permits ImageSpec, NullSpec {
    /// {@return whether the medium is only read}
    boolean readOnly();
}

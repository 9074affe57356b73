package org.vhostdevice.core.check;

/// How much a clause demands.
public enum CheckLevel {
    /// A back end that does otherwise does not conform.
    MUST,
    /// A back end needs a good reason to do otherwise.
    SHOULD,
    /// A back end may do so.
    MAY
}

package org.vhostdevice.core.sys;

/// A function or a number that some hosts have and others lack.
sealed interface HostItem permits Symbol, AbiNumber {
    /// Whether a given host has it, as the tables say.
    boolean existsOn(HostAbi abi);

    /// Whether this process has it: this host, and the one that it plays ([HostAbi#limit]).
    boolean isUsable();
}

package org.vhostdevice.core.frontend;

/// Which descriptors of a split ring's table belong to which chain. That is known here only and never read back from
/// shared memory.
sealed interface SplitDescriptors permits DescriptorTable, OrderedDescriptors {
    /// Frees all descriptors, and hands them out again from the first on.
    void clear();

    /// The descriptors that are free.
    int free();

    /// Takes a chain.
    ///
    /// @return its number, or [DriverQueue#NONE] when too few descriptors are free
    int write(Chain chain, ChainLayout layout);

    /// Frees the descriptors of a chain.
    void release(int chain);

    /// Sees to it that the descriptors of a chain which is about to be offered are written.
    ///
    /// @return the first one
    int place(int chain);

    /// The chain in the device's hands that begins with a descriptor, or -1.
    int owner(int descriptor);
}

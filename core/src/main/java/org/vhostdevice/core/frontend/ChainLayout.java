package org.vhostdevice.core.frontend;

/// Where the pieces of a chain stand: in the ring's descriptors, in an indirect table, or first here and then there
/// (VIRTIO 1.4, 2.7.5.3). A packed ring has no such mixture: there all pieces stand in the table then.
///
/// @param direct         pieces that stand in the ring's descriptors; the others, if any, in an indirect table
/// @param markReference  whether the descriptor that refers to the table has the WRITE flag, which devices ignore
public record ChainLayout(int direct, boolean markReference) {
    /// All pieces in the ring's descriptors.
    public static final ChainLayout DIRECT = new ChainLayout(Integer.MAX_VALUE, false);

    /// All pieces in an indirect table, with one descriptor of the ring that refers to it.
    public static final ChainLayout INDIRECT = new ChainLayout(0, false);

    /// Checks the number.
    public ChainLayout {
        if (direct < 0) {
            throw new IllegalArgumentException(direct + " direct pieces");
        }
    }

    /// The first pieces in the ring's descriptors, then an indirect table.
    ///
    /// @param direct pieces in front of the table
    /// @return the layout
    public static ChainLayout mixed(int direct) {
        return new ChainLayout(direct, false);
    }

    /// The descriptors of the ring that a chain takes.
    int descriptors(int pieces) {
        return direct >= pieces ? pieces : direct + 1;
    }
}

package org.vhostdevice.blk.qcow2;

/// Clusters of the disk that get a place in the file, from the moment it is chosen until their entries name it.
/// Meanwhile nobody else changes these entries.
///
/// @param disk offset of the first cluster on the disk
/// @param run the place
/// @param own whether it is the one that the entry names already: its subclusters, or a cluster kept under zeros
/// @param valid what is data there once it is written: an offset on the disk
/// @param validEnd the end of that
record WriteSlot(long disk, ClusterAllocator.Run run, boolean own, long valid, long validEnd) {
    /// Whether entries for a range are being changed.
    boolean overlaps(long from, long to, int clusterBits) {
        return from < disk + ((long) run.clusters() << clusterBits) && to > disk;
    }
}

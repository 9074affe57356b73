package org.vhostdevice.blk.qcow2;

/// The parts of an image that is open for writing.
///
/// @param image what all share
/// @param l1 its active L1 table
/// @param tables its L2 tables
/// @param writer changes them
/// @param allocator gives out clusters
/// @param places where metadata lies
/// @param refcounts its reference counts
record WritableImage(
        ImageContext image,
        L1Table l1,
        L2Tables tables,
        TableWriter writer,
        ClusterAllocator allocator,
        MetadataPlaces places,
        Refcounts refcounts) {}

package org.vhostdevice.blk.qcow2;

import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;

/// What all parts of an open image share.
///
/// @param file that it lies in
/// @param header of the image
/// @param geometry that follows from the header
/// @param corruption found in it
/// @param writable whether it may be changed
/// @param lock of its metadata; it is held while metadata is read, but not while data is
/// @param uses of places in the file
record ImageContext(
        HostFile file,
        Header header,
        Geometry geometry,
        Corruption corruption,
        boolean writable,
        ReentrantLock lock,
        Uses<Freed> uses) {
    static ImageContext of(Path path, HostFile file, Header header, boolean writable) {
        return new ImageContext(
                file,
                header,
                header.geometry(),
                new Corruption(path, file, header, writable),
                writable,
                new ReentrantLock(),
                new Uses<>());
    }
}

package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import java.nio.file.Path;
import org.vhostdevice.blk.storage.Storage;

/// Opens the files that images name as their backing files.
@FunctionalInterface
public interface BackingOpener {
    /// Opens a file for reading only. The name comes from an image: an opener may refuse it.
    ///
    /// @param path of the file
    /// @return its bytes; the image that named it closes it
    /// @throws IOException if it cannot be opened, or is refused
    Storage open(Path path) throws IOException;
}

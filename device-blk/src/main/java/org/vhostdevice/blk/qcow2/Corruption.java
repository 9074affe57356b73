package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// What is wrong with an image. Once something is found in an image that is open for writing, its corrupt bit is set
/// and nothing else is written to it. Any thread.
final class Corruption {
    private final HostFile file;
    private final Header header;
    private final boolean writable;
    private volatile @Nullable String found;

    Corruption(HostFile file, Header header, boolean writable) {
        this.file = file;
        this.header = header;
        this.writable = writable;
    }

    /// Notes what was found.
    ///
    /// @return what the caller throws
    IOException report(String what) {
        var failure = new IOException("the image is corrupt: " + what);
        if (writable && found == null) {
            found = what;
            try {
                mark();
            } catch (IOException e) {
                failure.addSuppressed(e);
            }
        }
        return failure;
    }

    /// Refuses to change a corrupt image.
    void refuseIfFound() throws IOException {
        if (found != null) {
            throw new IOException("the image is corrupt and is not written any more: " + found);
        }
    }

    boolean isFound() {
        return found != null;
    }

    private void mark() throws IOException {
        if (header.version() >= 3) {
            header.change(file, h -> h.feature(Feature.CORRUPT, true));
            file.flush();
        }
    }
}

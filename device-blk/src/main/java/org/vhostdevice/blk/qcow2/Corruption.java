package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// What is wrong with an image. Once something is found in an image that is open for writing, its corrupt bit is set
/// and nothing else is written to it. Any thread.
final class Corruption {
    private static final System.Logger LOG = System.getLogger(Corruption.class.getName());

    private final Path path;
    private final HostFile file;
    private final Header header;
    private final boolean writable;
    private volatile @Nullable String found;

    /// Nothing is found yet.
    ///
    /// @param path of the image, for messages
    Corruption(Path path, HostFile file, Header header, boolean writable) {
        this.path = path;
        this.file = file;
        this.header = header;
        this.writable = writable;
    }

    /// Notes what was found.
    ///
    /// @return what the caller throws
    IOException report(String what) {
        var failure = new IOException("image " + path + " is corrupt: " + what);
        if (writable && found == null) {
            found = what;
            LOG.log(System.Logger.Level.ERROR, failure.getMessage() + "; it is not written any more");
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
            throw new IOException("image " + path + " is corrupt and is not written any more: " + found);
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

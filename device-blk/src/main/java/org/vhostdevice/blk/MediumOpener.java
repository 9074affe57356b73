package org.vhostdevice.blk;

import java.io.IOException;
import org.vhostdevice.blk.storage.FileSpec;
import org.vhostdevice.blk.storage.FileStorage;
import org.vhostdevice.blk.storage.MemoryStorage;
import org.vhostdevice.blk.storage.NullStorage;
import org.vhostdevice.blk.storage.Storage;

/// Opens what the options name.
final class MediumOpener {
    private MediumOpener() {}

    /// Opens a medium.
    ///
    /// @param blockBytes its size must be a multiple of this
    /// @return the storage; the caller closes it
    /// @throws IOException if it cannot be served; the message is one line that says what to do
    static Storage open(Medium medium, MediumOptions options, int blockBytes) throws IOException {
        Storage storage = open(medium, options);
        try {
            check(storage, blockBytes);
            return storage;
        } catch (IOException e) {
            storage.close();
            throw e;
        }
    }

    private static Storage open(Medium medium, MediumOptions options) throws IOException {
        return switch (medium) {
            case Medium.File(var path, var create) ->
                FileStorage.open(new FileSpec(
                        path,
                        options.readOnly(),
                        create,
                        options.cache().direct(),
                        true,
                        options.cache() != CacheMode.UNSAFE));
            case Medium.Memory(var bytes) -> MemoryStorage.create(bytes, options.readOnly());
            case Medium.None(var bytes) -> new NullStorage(bytes, options.readOnly());
        };
    }

    private static void check(Storage storage, int blockBytes) throws IOException {
        long size = storage.size();
        if (size == 0) {
            throw new IOException(storage + " is empty: name another, or delete it and use --create");
        }
        if (size % blockBytes != 0) {
            throw new IOException(storage + " has " + size + " bytes, which is not a multiple of the logical block size "
                    + blockBytes + ": is it a raw image?");
        }
    }
}

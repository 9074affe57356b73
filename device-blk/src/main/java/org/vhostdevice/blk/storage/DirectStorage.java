package org.vhostdevice.blk.storage;

/// A storage whose bytes lie in an open file, so that a queue may transfer many of them by itself, without a thread
/// that waits.
///
/// ```
/// int use = storage.enter();
/// long at = storage.locate(offset, bytes, false);
/// if (at != DirectStorage.ELSEWHERE) { … read from storage.descriptor() at `at`, wait until that is done … }
/// storage.leave(use);
/// ```
public interface DirectStorage extends Storage {
    /// What [#locate] answers if a range cannot be transferred by the caller.
    long ELSEWHERE = -1;

    /// {@return the file's descriptor, open until [#close]}
    int descriptor();

    /// {@return what places in the file, lengths and addresses of a transfer by the caller must be multiples of}
    /// A power of two; constant.
    default int alignment() {
        return 1;
    }

    /// {@return whether transfers go through the host's page cache, so that many need not wait; constant}
    default boolean cached() {
        return true;
    }

    /// Tells where a range lies in the file. Any thread; never waits for the host or for another thread's I/O, and
    /// allocates nothing.
    ///
    /// @param offset of the first byte in the storage
    /// @param bytes how many, at least 1, inside [#size]
    /// @param write whether they will be written; otherwise they will be read
    /// @return the offset in the file if the whole range lies there in one piece and a plain transfer is all it
    ///     takes, [#ELSEWHERE] if it is to be read or written by this storage's own methods; valid between
    ///     [#enter] and [#leave], however the storage changes meanwhile
    long locate(long offset, long bytes, boolean write);

    /// Begins to use places in the file. Any thread; never waits.
    ///
    /// @return what [#leave] takes
    default int enter() {
        return 0;
    }

    /// Ends the use that [#enter] began; all transfers are done. Any thread; never waits.
    ///
    /// @param use what [#enter] returned
    default void leave(int use) {
        // nothing moves in a storage that does not say otherwise
    }
}

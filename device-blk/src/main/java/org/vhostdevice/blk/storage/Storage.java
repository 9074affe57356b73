package org.vhostdevice.blk.storage;

import java.io.IOException;
import org.vhostdevice.core.memory.IoBuffers;

/// An array of bytes that is read, written and made durable: a file, a disk of the host, an export of a server, or an
/// image in one of these.
///
/// Any thread; calls wait for the host. Transfers are all or an exception, but one that fails may have moved some of
/// its bytes. Ranges lie inside [#size]; concurrent transfers of one range leave either's bytes.
public interface Storage extends AutoCloseable {
    /// {@return the bytes in it; changes by [#resize] only, or when the host's medium was found to have grown}
    long size();

    /// {@return whether it cannot be written; constant}
    boolean readOnly();

    /// {@return whether a transfer may wait for something, and so belongs on a thread that may; constant}
    default boolean waits() {
        return true;
    }

    /// Copies bytes from the storage.
    ///
    /// @param offset of the first byte in the storage
    /// @param into where they go
    /// @param position of the first byte in `into`
    /// @param bytes how many
    /// @throws IOException if not all could be read
    void read(long offset, IoBuffers into, long position, long bytes) throws IOException;

    /// Copies bytes to the storage. They are durable after the next [#flush].
    ///
    /// @param offset of the first byte in the storage
    /// @param from where they come from
    /// @param position of the first byte in `from`
    /// @param bytes how many
    /// @throws IOException if not all could be written
    void write(long offset, IoBuffers from, long position, long bytes) throws IOException;

    /// Makes bytes read as zeros.
    ///
    /// @param offset of the first byte
    /// @param bytes how many, any number
    /// @param mayUnmap whether the host may give up their room
    /// @throws IOException if it is not certain that they read as zeros
    void writeZeroes(long offset, long bytes, boolean mayUnmap) throws IOException;

    /// Gives up bytes: what they read as then is not defined. A storage that cannot does nothing.
    ///
    /// @param offset of the first byte
    /// @param bytes how many, any number
    /// @throws IOException if the host fails
    void discard(long offset, long bytes) throws IOException;

    /// Makes durable what any thread has written before this call.
    ///
    /// @throws IOException if that is not certain; no later flush succeeds then
    void flush() throws IOException;

    /// Changes the size; what is added reads as zeros.
    ///
    /// @param bytes the new size
    /// @throws IOException if the storage cannot, or the host refuses
    void resize(long bytes) throws IOException;

    /// Asks the host for the size again, since others may have changed it. Nothing else resizes meanwhile.
    ///
    /// @return the size from now on
    /// @throws IOException if the host fails; the size stays
    default long remeasure() throws IOException {
        return size();
    }

    /// Tells what a range begins with.
    ///
    /// @param offset of the first byte
    /// @param bytes how many are asked for, at least 1
    /// @return the kind of the first byte, and how many from there on are known to be of it: 1 to `bytes`
    /// @throws IOException if the host fails
    default Extent extent(long offset, long bytes) throws IOException {
        return new Extent(Extent.Kind.DATA, bytes);
    }

    /// Has calls fail that wait for something which may never come, such as a server that is away. Those that are only
    /// slow go on. Any thread.
    default void hurry() {}

    /// Closes it. No call is under way.
    @Override
    void close();

    /// Bytes of one kind.
    ///
    /// @param kind what they are
    /// @param bytes how many, at least 1
    record Extent(Kind kind, long bytes) {
        /// What bytes are.
        public enum Kind {
            /// Any bytes.
            DATA,
            /// Bytes that read as zeros.
            ZERO
        }
    }
}

package org.vhostdevice.blk.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;

/// A stream of bytes to and from a server. One thread reads while another writes; [#close] by any thread ends both.
interface Wire extends AutoCloseable {
    /// Waits for bytes.
    ///
    /// @param into with room for one byte at least
    /// @param end of the wait
    /// @return how many came, at least 1, or -1 if no more will come
    /// @throws IOException if the wire is broken, closed, or silent for too long
    int read(ByteBuffer into, Deadline end) throws IOException;

    /// Sends all bytes.
    ///
    /// @param from the bytes, one buffer after the other
    /// @param end of the wait for a server that does not take them
    /// @throws IOException if not all were sent; the wire is of no use then
    void write(ByteBuffer[] from, Deadline end) throws IOException;

    /// Tells the server that nothing more will come.
    void finish(Deadline end) throws IOException;

    @Override
    void close();
}

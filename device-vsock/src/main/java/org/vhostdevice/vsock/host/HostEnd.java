package org.vhostdevice.vsock.host;

import java.io.IOException;
import org.vhostdevice.core.device.Watcher;
import org.vhostdevice.core.device.WorkerContext;
import org.vhostdevice.core.memory.IoVecs;

/// The host's end of a connection: something that takes and gives bytes without ever waiting.
///
/// It belongs to one connection of the guest, and all methods but [#close] are for the thread that serves the
/// guest's queues. Between [#detach] and [#attach] there is none, and nothing happens.
public interface HostEnd extends AutoCloseable {
    /// What [#receive] and [#send] return when nothing can be moved now.
    int NOTHING = -1;

    /// What [#receive] returns at the end: nothing more will come.
    int END = 0;

    /// Begins to tell when something can be moved, with an interest in nothing.
    ///
    /// @param context of a queue of the guest
    /// @param watcher is told
    /// @throws IOException if the host lacks something
    void attach(WorkerContext context, Watcher watcher) throws IOException;

    /// Tells nothing any more.
    void detach();

    /// Says what is of interest.
    ///
    /// @param interest [Watcher#READ], [Watcher#WRITE], both or none
    /// @throws IOException if the host lacks something
    void interest(int interest) throws IOException;

    /// {@return whether the connection is there; otherwise it is ready for writing once it is known} See
    /// [#requireConnected].
    boolean isConnected();

    /// Finds out what became of a connection that was asked for, once it is ready for writing.
    ///
    /// @throws IOException if there is none, and why
    void requireConnected() throws IOException;

    /// The guest has granted the connection that this end asked for.
    ///
    /// @param hostPort by which the guest knows this end
    /// @throws IOException if this end has gone
    default void granted(int hostPort) throws IOException {}

    /// Takes bytes of this end; of a message at most one, and all of it.
    ///
    /// @param into where they go
    /// @return how many, [#END] or [#NOTHING]
    /// @throws IOException if the connection is broken, or a message is longer than what there is room for
    long receive(IoVecs into) throws IOException;

    /// {@return whether the message received last ends a record too, as far as the host knows}
    default boolean endedRecord() {
        return false;
    }

    /// Gives bytes to this end; a message as a whole or not at all.
    ///
    /// @param from where they are
    /// @param endsRecord whether they are a message that ends a record
    /// @return how many, or [#NOTHING]
    /// @throws IOException if the connection is broken, this end takes no more, or a message is too long
    long send(IoVecs from, boolean endsRecord) throws IOException;

    /// Tells this end that nothing more will come, or will be taken.
    ///
    /// @param sends whether bytes may still come
    /// @param receives whether bytes are still taken
    void shutdown(boolean sends, boolean receives);

    /// Ends the connection: the other side finds out.
    @Override
    void close();
}

package org.vhostdevice.core.device;

import java.io.IOException;
import org.vhostdevice.core.sys.FileTransfers;

/// The event loop of a worker, as the core lends it to devices.
public interface WorkerContext {
    /// Runs a task on the worker thread, soon. Any thread; a task given after the ring has stopped still runs.
    ///
    /// @param task must not block
    void execute(Runnable task);

    /// Watches a descriptor. Worker thread only.
    ///
    /// @param fd borrowed, until [#unwatch]
    /// @param interest any of [Watcher#READ], [Watcher#WRITE] and [Watcher#HANGUP], or 0 for nothing yet
    /// @param watcher runs on the worker thread whenever the descriptor is ready for what is of interest
    /// @throws IOException if the host cannot watch it
    void watch(int fd, int interest, Watcher watcher) throws IOException;

    /// Changes what is of interest. Allocates nothing, and costs nothing if it is changed back before the descriptor
    /// gets ready. Worker thread only.
    ///
    /// @param fd watched
    /// @param interest any of [Watcher#READ], [Watcher#WRITE] and [Watcher#HANGUP], or 0 for nothing, not even
    ///     a hang-up
    /// @throws IOException if the host lacks memory
    void rewatch(int fd, int interest) throws IOException;

    /// Begins to have bytes of files transferred by the kernel, where the worker waits in an io_uring
    /// ([VirtioDevice#transfersFiles]). Worker thread only.
    ///
    /// @param completion told of each transfer that is done, on the worker thread
    /// @return by what; closed before the queue's handler is
    /// @throws IOException if the host has no io_uring for us
    default FileTransfers transfers(FileTransfers.Completion completion) throws IOException {
        throw new IOException("this worker waits in no io_uring");
    }

    /// Watches a descriptor no longer, before it is closed. Worker thread only.
    ///
    /// @param fd watched
    void unwatch(int fd);
}

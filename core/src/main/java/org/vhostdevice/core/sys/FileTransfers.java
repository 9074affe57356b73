package org.vhostdevice.core.sys;

/// Transfers of files by the io_uring in which a worker also waits for all else ([UringPoller]). Prepared requests are
/// submitted together, by one system call, and completed in any order.
///
/// Used by the worker's thread. The memory of a request stays valid until the request has completed, its array of
/// `struct iovec` until [#submit] returns. Nothing is allocated.
public interface FileTransfers {
    /// What is told of a completed request.
    @FunctionalInterface
    interface Completion {
        /// A request has completed. Called by [#reap] of anybody who uses the same ring, and while the worker waits.
        ///
        /// @param token what the request was given
        /// @param result bytes transferred, or the negated error number
        void completed(int token, int result);
    }

    /// Makes room for requests before they are prepared.
    ///
    /// @param count of requests, at most 128
    /// @throws ErrnoException if the kernel does not take what others have prepared, for lack of memory
    void reserve(int count) throws ErrnoException;

    /// Prepares to read a file.
    ///
    /// @param file open for reading until the request has completed
    /// @param iovecs the address of an array of `struct iovec`
    /// @param count its entries, from 1 to 1024
    /// @param offset of the first byte in the file
    /// @param token given to [Completion#completed]
    void readv(int file, long iovecs, int count, long offset, int token);

    /// Prepares to write a file.
    ///
    /// @param file open for writing until the request has completed
    /// @param iovecs the address of an array of `struct iovec`
    /// @param count its entries, from 1 to 1024
    /// @param offset of the first byte in the file
    /// @param token given to [Completion#completed]
    void writev(int file, long iovecs, int count, long offset, int token);

    /// Whether the kernel has all that was prepared, so that no array of `struct iovec` is needed any more.
    ///
    /// @return whether it has
    boolean idle();

    /// Hands the prepared requests to the kernel at once. Otherwise the worker does so before it waits or looks for
    /// more
    /// chains.
    ///
    /// @throws ErrnoException if the kernel does not take all, for lack of memory; [#drop] takes back the others
    void submit() throws ErrnoException;

    /// Takes back what is prepared and not submitted.
    ///
    /// @param most requests that were prepared since [#reserve]
    /// @return how many requests: the last ones that were prepared
    int drop(int most);

    /// Reports the requests that have completed. Does not wait, and costs next to nothing.
    void reap();

    /// Waits until something has completed, which need not be one of these requests, and reports it.
    ///
    /// @throws ErrnoException if the kernel cannot
    void await() throws ErrnoException;

    /// Ends the use of the ring. None of these requests is under way.
    void close();
}

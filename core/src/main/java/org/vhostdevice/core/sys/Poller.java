package org.vhostdevice.core.sys;

/// Waits until one of many descriptors is ready; level-triggered unless said otherwise, for one thread.
///
/// A descriptor is removed before it is closed. What [#await] found stays valid until the next call of it.
public interface Poller extends AutoCloseable {
    /// A read does not wait.
    int READ = 1;

    /// A write does not wait.
    int WRITE = 2;

    /// The other side has closed its end or, if asked for, its writing half; or the descriptor is broken. May be
    /// reported without being asked for, but not where there is no interest at all; perhaps once only where it is
    /// all that is of interest.
    int HANGUP = 4;

    /// With [#READ], where [#edges] says so: readiness is reported once for each write to the descriptor, whether it
    /// was read meanwhile or not. For eventfds, which need not be read then.
    int EDGE = 8;

    /// Makes the best poller that the host has: epoll, kqueue or `poll(2)`.
    ///
    /// @return a poller that watches nothing yet
    /// @throws ErrnoException if the process has too many open files
    static Poller create() throws ErrnoException {
        if (Capability.EPOLL.available()) {
            return new EpollPoller();
        }
        return Capability.KQUEUE.available() ? new KqueuePoller() : new PollPoller();
    }

    /// Makes a poller that transfers files, too, if the host has one; otherwise as [#create()].
    ///
    /// @return a poller that watches nothing yet
    /// @throws ErrnoException if the process has too many open files
    static Poller createForFiles() throws ErrnoException {
        if (Capability.IO_URING.available() && Capability.EPOLL.available()) {
            try {
                return new UringPoller();
            } catch (ErrnoException e) {
                if (e.errno() == Errno.EMFILE || e.errno() == Errno.ENFILE) {
                    throw e;
                }
            }
        }
        return create();
    }

    /// Begins to have files transferred, where the poller does that.
    ///
    /// @param completion told of each transfer that is done
    /// @return by what
    /// @throws ErrnoException with ENOSYS if it does not
    default FileTransfers transfers(FileTransfers.Completion completion) throws ErrnoException {
        throw new ErrnoException("io_uring_setup", Errno.ENOSYS.number());
    }

    /// Hands the kernel the transfers that were prepared, if there are any: before the caller does something else than
    /// to wait.
    ///
    /// @throws ErrnoException if the host lacks memory
    default void submit() throws ErrnoException {}

    /// Tells whether [#EDGE] is understood.
    ///
    /// @return whether it is; otherwise it is ignored
    default boolean edges() {
        return false;
    }

    /// Watches a descriptor, which stays the caller's.
    ///
    /// @param fd open
    /// @param interest any of [#READ], [#WRITE] and [#HANGUP], and [#EDGE]
    /// @param token what [#token] returns for it
    /// @throws ErrnoException if the host cannot watch such a file
    /// @throws IllegalArgumentException if it is watched already
    void add(int fd, int interest, Object token) throws ErrnoException;

    /// Changes what a watched descriptor is waited for. Allocates nothing.
    ///
    /// @param fd watched
    /// @param interest any of [#READ], [#WRITE] and [#HANGUP], or 0
    /// @throws ErrnoException if the host refuses
    /// @throws IllegalArgumentException if it is not watched
    void modify(int fd, int interest) throws ErrnoException;

    /// Stops watching a descriptor. If it is among those ready now, [#ready] returns 0 for it from now on.
    ///
    /// @param fd watched
    /// @throws IllegalArgumentException if it is not watched
    void remove(int fd);

    /// Waits until a descriptor is ready or the time is over; a signal may end the wait early.
    ///
    /// Allocates nothing. Time is rounded up to milliseconds where the host counts in these.
    ///
    /// @param timeoutNanos how long to wait at most, 0 to look only, negative to wait for ever
    /// @return how many are ready, 0 if none; not all that are ready need to be among them
    /// @throws ErrnoException if the host fails
    int await(long timeoutNanos) throws ErrnoException;

    /// The token of one of those ready.
    ///
    /// @param i from 0 to less than [#await] returned
    /// @return what was given to [#add]
    Object token(int i);

    /// What one of those is ready for: any of [#READ], [#WRITE] and [#HANGUP].
    ///
    /// @param i from 0 to less than [#await] returned
    /// @return the bits, 0 if it was removed since
    int ready(int i);

    /// Ends it; the descriptors watched stay open.
    @Override
    void close();
}

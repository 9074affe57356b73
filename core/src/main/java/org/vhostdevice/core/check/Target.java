package org.vhostdevice.core.check;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/// A back end to be checked.
public interface Target {
    /// {@return the socket that it serves at present}
    Path socket();

    /// {@return whether it can be killed and started again}
    boolean restartable();

    /// Starts the back end if it is known to have ended.
    ///
    /// @throws IOException if that is not possible
    void ensureServing() throws IOException;

    /// Lets the back end stand still, as SIGSTOP does, until it is killed.
    ///
    /// @return whether it does
    /// @throws IOException if that fails
    default boolean pause() throws IOException {
        return false;
    }

    /// Ends the back end as SIGKILL does, and starts it again.
    ///
    /// @throws IOException if that is not possible
    void killAndRestart() throws IOException;

    /// Tells whether the back end ends, soon after a front end has left.
    ///
    /// @return how, in words; empty if it runs, or nobody knows
    /// @throws IOException if nobody can tell
    Optional<String> end() throws IOException;

    /// Changes the size of the medium behind the back end's back, if the caller has told how.
    ///
    /// @return whether that was done
    /// @throws IOException if it failed
    default boolean resize() throws IOException {
        return false;
    }

    /// {@return how the back end has failed since this was asked for last, in words; empty if it runs, has ended with
    /// success, or nobody knows}
    Optional<String> crash();

    /// {@return the number of its process, if it is not the one that opened the socket}
    Optional<Long> pid();
}

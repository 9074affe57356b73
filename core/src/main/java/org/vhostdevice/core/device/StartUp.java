package org.vhostdevice.core.device;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The start of a process that serves a device, before the device is made. For the main thread.
public interface StartUp {
    /// {@return whether the process is this command's own, which may give up what it can see and do} It is not
    /// where the command is a part of another program, such as a test.
    boolean ownsProcess();

    /// {@return whether messages go to the host's log, whose socket the process must not lose sight of then}
    boolean logsToHost();

    /// Opens the sockets that the command line names, if that was not done yet: afterwards the process may lose
    /// sight of them.
    ///
    /// @throws IOException if the host refuses
    void openSockets() throws IOException;

    /// Starts the program anew in this process, with the same command line and the sockets as they are. What
    /// the calling thread has given up, all threads of the new program are without.
    ///
    /// @param through a program, and its words, that runs the command line behind them in the same process;
    ///     none to be started at once
    /// @param state is told to the new program
    /// @throws IOException if the host refuses; otherwise it does not return
    void restart(List<String> through, String state) throws IOException;

    /// {@return what the program was told when it was started anew; null if it was not}
    @Nullable
    String restarted();
}

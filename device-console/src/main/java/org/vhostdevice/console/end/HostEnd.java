package org.vhostdevice.console.end;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/// The host's end of a port: a terminal, sockets, a file and the like.
///
/// It is made by the main thread, so that what the host refuses is known before anything is served. From [#start] to
/// [#close] all its methods are called by the device's worker, and it calls [EndEvents] there. Nothing may wait, and
/// nothing that happens on the host may throw: an end that fails logs why, and behaves as one where nobody is.
public interface HostEnd extends AutoCloseable {
    /// Begins. Afterwards the end tells whether somebody is there.
    ///
    /// @param context the worker's event loop
    /// @param events the port
    /// @throws IOException if the host cannot watch what the end is made of
    void start(EndContext context, EndEvents events) throws IOException;

    /// Takes output of the guest, from the front. Where nobody is, all is taken and gone, unless the end keeps some of
    /// it for those who come later.
    ///
    /// @param output at least one byte
    /// @return the bytes taken, 0 or more; if there are fewer than [Output#length], [EndEvents#writable] follows
    long write(Output output);

    /// Reads input for the guest. An end may have none.
    ///
    /// @param into where it goes, at least one byte
    /// @return the bytes read, 0 if there are none now; [EndEvents#readable] tells when there are
    default int read(MemorySegment into) {
        return 0;
    }

    /// Says whether input is wanted. At first it is not. While it is not, [EndEvents#readable] is called only to find
    /// out whether the other side has gone.
    ///
    /// @param wanted whether the port has room for input
    default void wantInput(boolean wanted) {}

    /// The guest's side of the port was opened or closed.
    ///
    /// @param open whether a program of the guest has it open
    default void guestOpened(boolean open) {}

    /// Opens files by their names again, as the person who runs the program wishes (SIGHUP).
    default void reopen() {}

    /// Ends: nothing is watched any more, and all descriptors are closed. What was taken and is not put out yet is
    /// tried once more. Also called if [#start] was not.
    @Override
    void close();
}

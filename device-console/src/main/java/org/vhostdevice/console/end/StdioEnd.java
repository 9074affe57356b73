package org.vhostdevice.console.end;

import java.io.IOException;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.StreamIo;
import org.vhostdevice.core.sys.Tty;

/// Standard input and output as the host's end of a port.
final class StdioEnd {
    private static final int INPUT = 0;
    private static final int OUTPUT = 1;

    private StdioEnd() {}

    /// Makes the end: a terminal with an escape key if standard input is one, otherwise plain streams, whose
    /// end of input is the end of input only.
    ///
    /// @return the end
    /// @throws IOException if a stream was closed by whoever started the program
    static HostEnd open() throws IOException {
        OwnedFd out = Tty.isTerminal(OUTPUT) ? Tty.reopen(OUTPUT) : StreamIo.adopt(OUTPUT);
        try {
            return Tty.isTerminal(INPUT)
                    ? new TerminalEnd(INPUT, out, StdioEnd::endProgram)
                    : new FdEnd("standard input and output", StreamIo.adopt(INPUT), out);
        } catch (IOException e) {
            out.close();
            throw e;
        }
    }

    /// Has the program end as by a signal, without waiting for that.
    private static void endProgram() {
        Thread _ = Thread.ofPlatform()
                .daemon()
                .name("vhost-quit")
                .start(() -> Runtime.getRuntime().exit(0));
    }
}

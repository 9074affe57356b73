package org.vhostdevice.console.terminal;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import org.vhostdevice.core.sys.ServiceManager;

/// A shell beside this process that puts the mode of a terminal back if this process is killed, which no code
/// inside it can do. It waits for a line from here, and the end of its input without one means that this
/// process is gone.
///
/// It keeps no memory but its own and uses no time. Without a shell or `stty` on the host there is no such
/// watch.
final class TerminalWatch implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("org.vhostdevice.console");

    /// Standard output is the terminal, standard error tells that its mode is known. Signals to the whole
    /// foreground group are for this process; the shell outlives it.
    private static final String SCRIPT = """
            trap '' HUP INT QUIT TERM TSTP TTIN TTOU
            exec 3>&1
            mode=$(stty -g <&3) || exit
            echo >&2
            exec 2>&-
            read -r over || stty "$mode" <&3
            """;

    private final Process shell;

    private TerminalWatch(Process shell) {
        this.shell = shell;
    }

    /// Starts to watch, and returns when the shell knows the mode that the terminal has now.
    ///
    /// @param terminal its path
    static TerminalWatch start(Path terminal) throws IOException {
        Process shell = ServiceManager.child(List.of("sh", "-c", SCRIPT))
                .redirectOutput(Redirect.appendTo(terminal.toFile()))
                .start();
        if (shell.getErrorStream().read() < 0) {
            LOG.log(Level.DEBUG, "no stty: the terminal is not put back if this process is killed");
        }
        return new TerminalWatch(shell);
    }

    /// Ends the watch; the mode of the terminal stays.
    @Override
    public void close() {
        try (var input = shell.getOutputStream()) {
            input.write('\n');
        } catch (IOException e) {
            // The shell has ended before.
        }
    }
}

package org.vhostdevice.blk;

import java.time.Duration;
import org.vhostdevice.blk.nbd.NbdOptions;
import picocli.CommandLine.Option;

/// The options for disks that NBD servers keep.
final class BlkNbdArgs {
    @Option(
            names = "--nbd-timeout",
            paramLabel = "SECONDS",
            defaultValue = "30",
            description = "How long an NBD server may be away or leave a request unanswered before requests fail;"
                    + " 0 is for ever (default: ${DEFAULT-VALUE}).")
    private int timeout;

    @Option(
            names = "--nbd-connections",
            paramLabel = "N",
            defaultValue = "1",
            description = "Connections to the NBD server, 1 to 64, if it says that several are safe"
                    + " (default: ${DEFAULT-VALUE}).")
    private int connections;

    @Option(
            names = "--nbd-unflushed",
            paramLabel = "MODE",
            description = "What a flush says after a connection was lost while the server held writes that were not"
                    + " flushed: fail, since it may have been started anew without them, or trust what it answers"
                    + " (default: fail).")
    private NbdOptions.Unflushed unflushed = NbdOptions.Unflushed.FAIL;

    /// What the options say.
    ///
    /// @throws IllegalArgumentException with a message for the person who typed them
    NbdOptions options(boolean readOnly) {
        if (timeout < 0) {
            throw new IllegalArgumentException("--nbd-timeout must be 0 or more seconds, not " + timeout);
        }
        if (connections < 1 || connections > NbdOptions.MAX_CONNECTIONS) {
            throw new IllegalArgumentException(
                    "--nbd-connections must be 1 to " + NbdOptions.MAX_CONNECTIONS + ", not " + connections);
        }
        return new NbdOptions(readOnly, connections, Duration.ofSeconds(timeout), unflushed);
    }
}

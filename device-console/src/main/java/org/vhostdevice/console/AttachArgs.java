package org.vhostdevice.console;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.vhostdevice.console.attach.Attachment;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Parameters;

/// Attaches the terminal to a port of a device that runs.
@Command(
        name = "attach",
        mixinStandardHelpOptions = true,
        description = "Attach this terminal to a port with backend=unix:PATH of a console device that runs.",
        footer = {
            "",
            "Ctrl-] shows what can be done: d leaves the guest, b sends a break, r tells it the size of the window.",
            "Without a terminal, standard input and output are passed on as they are."
        })
final class AttachArgs implements Callable<Integer> {
    @Parameters(paramLabel = "SOCKET", description = "Unix socket of the port.")
    private Path socket = Path.of("");

    @Override
    public Integer call() throws IOException {
        try (Attachment attachment = new Attachment(socket)) {
            attachment.run();
        }
        return ExitCode.OK;
    }
}

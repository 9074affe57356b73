package org.vhostdevice.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.vhostdevice.core.device.DeviceProvider;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.UnixSocket;
import org.vhostdevice.core.transport.Endpoint;
import org.vhostdevice.core.transport.VhostUserListener;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Parameters;

/// Starts each device once, for the JVM to write down what it reads for that (`-XX:DumpLoadedClassList`). Each ends at
/// once, since its only front end has gone.
@Command(name = "training-run", hidden = true)
final class TrainingCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FOLDER", description = "An empty one, whose name may not change from run to run.")
    private Path folder = Path.of("");

    @Override
    public Integer call() throws IOException {
        run("--version");
        VhostUserListener.open(Endpoint.Listen.of(folder.resolve("training.sock"), null, null))
                .close();
        for (DeviceProvider device : Devices.all()) {
            serve(device.name(), device.example(folder));
        }
        return ExitCode.OK;
    }

    private static void serve(String device, List<String> options) throws IOException {
        List<OwnedFd> pair = UnixSocket.pair();
        pair.getLast().close();
        List<String> words = new ArrayList<>(
                List.of(device, "--fd", String.valueOf(pair.getFirst().release())));
        words.addAll(options);
        run(words.toArray(String[]::new));
    }

    private static void run(String... words) throws IOException {
        PrintStream nowhere = new PrintStream(PrintStream.nullOutputStream());
        int status = Main.run(words, nowhere, System.err);
        if (status != ExitCode.OK) {
            throw new IOException("exit status " + status + " of " + String.join(" ", words));
        }
    }
}

package org.vhostdevice.cli.guest;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A `qemu-nbd` that exports one file to any number of clients for as long as this object is open. Used by one thread.
public final class NbdServer implements AutoCloseable {
    private static final List<String> OPTIONS = List.of("--persistent", "--shared=0", "--discard=unmap");

    private final BackEndProcess process;
    private final Path image;

    private NbdServer(BackEndProcess process, Path image) {
        this.process = process;
        this.image = image;
    }

    /// Starts a server; ends the test as skipped or failed where there is none.
    ///
    /// @param folder where its socket is made
    /// @param image exported as its bytes are
    /// @return the server, listening
    /// @throws IOException if it cannot be started
    public static NbdServer start(Path folder, Path image) throws IOException {
        Path socket = folder.resolve("nbd.sock");
        List<String> arguments = new ArrayList<>(OPTIONS);
        arguments.addAll(List.of("--format=raw", "--socket=" + socket, image.toString()));
        HostProgram server = GuestAvailability.require().qemuStorage("qemu-nbd");
        return new NbdServer(BackEndProcess.start(server.with(arguments), socket), image);
    }

    /// {@return the URI of the export}
    public String uri() {
        return "nbd+unix:///?socket=" + socket();
    }

    Path socket() {
        return process.socket();
    }

    Path image() {
        return image;
    }

    /// Ends the server as SIGKILL does.
    public void kill() {
        process.kill();
    }

    /// Starts it again after [#kill].
    ///
    /// @throws IOException if it cannot be started
    public void restart() throws IOException {
        process.restart();
    }

    @Override
    public void close() {
        process.close();
    }
}

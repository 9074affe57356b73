package org.vhostdevice.cli.guest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.frontend.vsock.HostListener;
import org.vhostdevice.core.frontend.vsock.HostSocket;
import org.vhostdevice.core.frontend.vsock.HybridHost;

/// The socket device with User Mode Linux as the front end.
class VsockUmlGuestIT extends VsockGuestContract {
    private static final int PORT = 6000;

    @Override
    GuestLauncher launcher(GuestTools tools, Path folder) {
        return new UmlGuest(tools, folder);
    }

    @Override
    int connections() {
        return 1000;
    }

    @Test
    void whoeverIsKilledTheNextGuestIsServed(@TempDir Path folder) throws IOException {
        GuestTools tools = GuestAvailability.require();
        HybridHost host = VsockBackEnd.host(folder);
        try (BackEndProcess backEnd = VsockBackEnd.start(folder, List.of());
                HostListener listener = host.listen(PORT)) {
            requireEndOfConnection(tools, folder, backEnd, listener, () -> {});
            requireEndOfConnection(tools, folder, backEnd, listener, backEnd::kill);
            backEnd.restart();
            requireEndOfConnection(tools, folder, backEnd, listener, () -> {});
            assertEquals(0, backEnd.terminate());
        }
    }

    /// Boots a guest that connects, kills something, or else the guest, and finds the connection at its end.
    private void requireEndOfConnection(
            GuestTools tools, Path folder, BackEndProcess backEnd, HostListener listener, Runnable kill)
            throws IOException {
        try (Guest guest = boot(launcher(tools, folder), tools, backEnd.socket())) {
            Guest.Pending command = guest.submit("hold " + PORT);
            try (HostSocket socket = HostSide.accept(listener)) {
                command.await().requireSuccess();
                assertArrayEquals("here".getBytes(StandardCharsets.US_ASCII), socket.read(4, HostSide.LIMIT));
                kill.run();
                guest.kill();
                assertEquals(0, HostSide.readAll(socket).length);
            }
        }
    }
}

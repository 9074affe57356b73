package org.vhostdevice.cli.guest;

import java.nio.file.Path;

/// The console device with User Mode Linux as the front end.
class ConsoleUmlGuestIT extends ConsoleGuestContract {
    @Override
    GuestLauncher launcher(GuestTools tools, Path folder) {
        return new UmlGuest(tools, folder);
    }
}

package org.vhostdevice.cli.guest;

import java.nio.file.Path;

/// The socket device with QEMU as the front end, and fewer connections, since an emulated processor is slow.
class VsockQemuGuestIT extends VsockGuestContract {
    @Override
    GuestLauncher launcher(GuestTools tools, Path folder) {
        return new QemuGuest(tools, folder);
    }

    @Override
    int connections() {
        return 200;
    }
}

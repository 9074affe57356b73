package org.vhostdevice.cli.guest;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;

/// The console device with QEMU's device for tests as the front end.
class ConsoleQemuGuestIT extends ConsoleGuestContract {
    /// The first version with `vhost-user-test-device-pci`.
    private static final int TEST_DEVICE = 1002;

    @BeforeEach
    void needsTestDevice() throws IOException {
        assumeTrue(
                QemuGuest.version(GuestAvailability.require().qemuSystem()) >= TEST_DEVICE,
                "QEMU before 10.2 has no device that takes a vhost-user console");
    }

    @Override
    GuestLauncher launcher(GuestTools tools, Path folder) {
        return new QemuGuest(tools, folder);
    }
}

package org.vhostdevice.cli.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// The block device on packed rings, with QEMU as the front end.
class BlkPackedQemuGuestIT extends BlkGuestContract {
    @Override
    GuestLauncher launcher(GuestTools tools, Path folder) {
        return new QemuGuest(tools, folder);
    }

    @Override
    GuestDevice device() {
        return GuestDevice.PACKED_BLK;
    }

    @Override
    int queues() {
        return 2;
    }

    @Test
    void theDriverNegotiatesPackedRings() throws IOException {
        try (BackEndProcess backEnd = start(false);
                Guest guest = boot(backEnd, BlkGuestScripts.INTERACTIVE)) {
            guest.awaitReady();
            // One digit for each feature bit, from bit 0.
            assertEquals("1", guest.query("echo @@packed $(cut -c35 /sys/block/vda/device/features)", "packed"));
        }
    }
}

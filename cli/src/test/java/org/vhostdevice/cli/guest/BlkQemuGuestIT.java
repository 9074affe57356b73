package org.vhostdevice.cli.guest;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// The block device with QEMU as the front end, which connects again: the guest goes on.
class BlkQemuGuestIT extends BlkGuestContract {
    @Override
    GuestLauncher launcher(GuestTools tools, Path folder) {
        return new QemuGuest(tools, folder);
    }

    @Override
    int queues() {
        return 2;
    }

    @Test
    void theGuestGoesOnAndLosesNothingWhenTheBackEndIsKilledAndRestarted() throws IOException {
        try (BackEndProcess backEnd = start(false);
                Guest guest = boot(backEnd, BlkGuestScripts.INTERACTIVE)) {
            guest.awaitReady();
            guest.run("blk_format && blk_mount && blk_write before 0");
            backEnd.kill();
            Guest.Pending during = guest.submit("blk_write during 4097");
            backEnd.restart();
            during.await().requireSuccess();
            guest.run("blk_write after 65536");
            guest.run("umount /mnt && blk_check && blk_mount");
            verify(guest, Map.of("before", "0", "during", "4097", "after", "65536"));
        }
    }
}

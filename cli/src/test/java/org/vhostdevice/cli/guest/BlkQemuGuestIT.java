package org.vhostdevice.cli.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
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
    void theGuestGoesOnAndLosesNothingWhenTheBackEndIsKilledAndRestartedUnderLoad() throws IOException {
        try (BackEndProcess backEnd = start(false);
                Guest guest = boot(backEnd, BlkGuestScripts.INTERACTIVE)) {
            guest.awaitReady();
            guest.run("blk_format && blk_mount");
            Guest.Pending load = guest.submit("blk_load left 10 & blk_load right 10; wait");
            for (String file : List.of("left2", "left5")) {
                load.awaitValue("written-" + file);
                backEnd.kill();
                backEnd.restart();
            }
            load.await().requireSuccess();
            WrittenFiles acknowledged = acknowledged(load);
            assertEquals(20, acknowledged.count());
            guest.run("umount /mnt && blk_check && blk_mount");
            acknowledged.verify(guest);
        }
    }
}

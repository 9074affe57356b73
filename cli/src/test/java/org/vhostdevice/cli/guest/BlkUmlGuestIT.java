package org.vhostdevice.cli.guest;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// The block device with User Mode Linux as the front end, which does not connect again.
class BlkUmlGuestIT extends BlkGuestContract {
    @Override
    GuestLauncher launcher(GuestTools tools, Path folder) {
        return new UmlGuest(tools, folder);
    }

    @Override
    int queues() {
        return 1;
    }

    @Test
    void nothingAcknowledgedIsLostWhenTheBackEndIsKilledUnderLoad() throws IOException {
        try (BackEndProcess backEnd = start(false)) {
            WrittenFiles acknowledged;
            try (Guest guest = boot(backEnd, BlkGuestScripts.INTERACTIVE)) {
                guest.awaitReady();
                guest.run("blk_format && blk_mount");
                acknowledged = killUnderLoad(guest, backEnd::kill);
            }
            backEnd.restart();
            verifyInNewGuest(backEnd, acknowledged);
        }
    }
}

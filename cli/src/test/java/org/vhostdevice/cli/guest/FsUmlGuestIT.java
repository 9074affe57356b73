package org.vhostdevice.cli.guest;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The file system device with User Mode Linux as the front end.
class FsUmlGuestIT extends FsGuestContract {
    @Override
    GuestLauncher launcher(GuestTools tools, Path folder) {
        return new UmlGuest(tools, folder);
    }

    @Override
    int queues() {
        return 1;
    }

    @Override
    List<String> options() {
        return List.of("--xattr", "--posix-acl", "--thread-pool-size", "4");
    }

    @ParameterizedTest
    @Tag("slow")
    @ValueSource(
            strings = {
                "--cache always --locks guest",
                "--cache metadata --allow-mmap",
                "--cache never",
                "--cache always --writeback",
                "--no-readdirplus --allow-direct-io --killpriv-v2",
                "--inode-file-handles=never --thread-pool-size 0",
                "--sandbox none",
                "--sandbox chroot"
            })
    void everyOperationIsTheSameWithOtherOptions(String more) throws IOException {
        runCases(List.of(("--xattr --posix-acl " + more).split(" ", -1)), "");
    }
}

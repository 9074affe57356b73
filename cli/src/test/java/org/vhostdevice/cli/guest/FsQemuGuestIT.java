package org.vhostdevice.cli.guest;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// The file system device with QEMU as the front end, with two queues where the back end has them, and nothing cached
/// in the guest.
class FsQemuGuestIT extends FsGuestContract {
    @Override
    GuestLauncher launcher(GuestTools tools, Path folder) {
        return new QemuGuest(tools, folder);
    }

    @Override
    int queues() {
        return FsBackEnd.peer().isPresent() ? 1 : 2;
    }

    /// Those of data and locks, which two queues and no cache may spoil, since an emulated processor is slow.
    @Override
    String cases() {
        return "lock map read write";
    }

    @Test
    @Tag("slow")
    void everyOperationIsTheSameWithTwoQueuesAndNothingCached() throws IOException {
        runCases(options(), "");
    }

    @Override
    List<String> options() {
        List<String> options = new ArrayList<>(List.of("--xattr", "--posix-acl", "--cache", "never", "--allow-mmap"));
        if (queues() > 1) {
            options.addAll(List.of("--num-request-queues", String.valueOf(queues())));
        }
        return options;
    }
}

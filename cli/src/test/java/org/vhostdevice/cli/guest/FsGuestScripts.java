package org.vhostdevice.cli.guest;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Scripts for guests with a file system device. The functions that they know are in `guest/fs.sh`.
final class FsGuestScripts {
    /// Stays up and runs commands with the functions for file systems.
    static final String INTERACTIVE = ". /fs.sh\nfs_mount || exit\n" + Guest.INTERACTIVE;

    private static final List<String> FILES = List.of(
            "fs.sh",
            "fs-programs.sh",
            "fs/main.py",
            "fs/suite.py",
            "fs/cases_attributes.py",
            "fs/cases_contents.py",
            "fs/cases_locks.py",
            "fs/cases_names.py",
            "fs/cases_refusals.py",
            "fs/hold.py",
            "fs/lock.py",
            "fs/speed.py");

    private FsGuestScripts() {}

    /// Mounts the share at `/mnt`, runs one command, which knows the functions for file systems, unmounts, and ends
    /// with the command's exit status.
    static String of(String command) {
        return ". /fs.sh\nfs_mount || exit\n" + command + "\nstatus=$?\numount /mnt && (exit $status)\n";
    }

    /// The files of scripts that need no payload.
    static Map<String, byte[]> files(GuestTools tools) throws IOException {
        Map<String, byte[]> files = new TreeMap<>(GuestPython.files(tools));
        FILES.forEach(name -> files.put(name, GuestResource.bytes(name)));
        return files;
    }

    /// The files that all these scripts need in the guest.
    static Map<String, byte[]> files(GuestTools tools, Payload payload) throws IOException {
        Map<String, byte[]> files = files(tools);
        files.put("payload", payload.bytes());
        return files;
    }
}

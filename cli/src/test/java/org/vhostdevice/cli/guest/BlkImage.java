package org.vhostdevice.cli.guest;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Where the bytes of a guest's disk are and what they mean, as our block device and QEMU's are told.
///
/// @param file what the tools of QEMU look at
/// @param options for `vhost-device blk`
/// @param blockdev for `qemu-storage-daemon --blockdev`
record BlkImage(Path file, List<String> options, String blockdev) {
    BlkImage {
        options = List.copyOf(options);
    }

    /// A file that holds the bytes as they are, made when it is not there.
    ///
    /// @param bytes its size
    /// @param more further options for our device
    static BlkImage raw(Path file, long bytes, String... more) throws IOException {
        if (!Files.exists(file)) {
            try (RandomAccessFile made = new RandomAccessFile(file.toFile(), "rw")) {
                made.setLength(bytes);
            }
        }
        return new BlkImage(file, options(file.toString(), more), "driver=file,filename=" + file);
    }

    /// A new qcow2 image, as `qemu-img` makes it.
    ///
    /// @param how options for `qemu-img create -o`, such as `lazy_refcounts=on`
    static BlkImage qcow2(GuestTools tools, Path file, long bytes, String how) throws IOException {
        List<String> create = List.of("create", "-q", "-f", "qcow2", "-o", how, file.toString(), String.valueOf(bytes));
        var _ = HostCommand.textOf(tools.qemuStorage("qemu-img").with(create));
        return new BlkImage(
                file,
                options(file.toString(), "--format", "qcow2"),
                "driver=qcow2,file.driver=file,file.filename=" + file);
    }

    /// The export of a server.
    static BlkImage nbd(NbdServer server, String... more) {
        return new BlkImage(
                server.image(),
                options(server.uri(), more),
                "driver=nbd,server.type=unix,server.path=" + server.socket());
    }

    /// What `qemu-img check` says of a qcow2 image: its status is 0 if all is well, and not if there is room
    /// that nothing uses and that is not free.
    HostCommand.Outcome check(GuestTools tools) throws IOException {
        return HostCommand.run(tools.qemuStorage("qemu-img").with(List.of("check", "-f", "qcow2", file.toString())));
    }

    private static List<String> options(String file, String... more) {
        List<String> options = new ArrayList<>(List.of("--blk-file", file));
        options.addAll(List.of(more));
        return options;
    }
}

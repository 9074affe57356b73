package org.vhostdevice.cli.guest;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Starts the block device to be tested: ours, or with `-Dvhost.guest.backend=qemu-storage-daemon` that of QEMU, which
/// shows whether a failure is one of the tests.
final class BlkBackEnd {
    private static final boolean PEER = "qemu-storage-daemon".equals(System.getProperty("vhost.guest.backend"));

    private BlkBackEnd() {}

    /// @param folder where the socket is made
    /// @param image what is served
    /// @param queues number of request queues
    static BackEndProcess start(GuestTools tools, Path folder, BlkImage image, int queues, boolean readOnly)
            throws IOException {
        Path socket = folder.resolve("blk.sock");
        ProcessBuilder command =
                PEER ? peer(tools, socket, image, queues, readOnly) : ours(socket, image, queues, readOnly);
        return BackEndProcess.start(command, socket);
    }

    private static ProcessBuilder ours(Path socket, BlkImage image, int queues, boolean readOnly) {
        List<String> arguments = new ArrayList<>(List.of("blk", "--socket", socket.toString()));
        arguments.addAll(image.options());
        arguments.addAll(List.of("--num-queues", String.valueOf(queues)));
        if (readOnly) {
            arguments.add("--read-only");
        }
        return HostProgram.ofThisBuild().with(arguments);
    }

    private static ProcessBuilder peer(GuestTools tools, Path socket, BlkImage image, int queues, boolean readOnly)
            throws IOException {
        String access = readOnly ? ",read-only=on" : ",discard=unmap";
        String blockdev = image.blockdev() + ",node-name=disk" + access;
        String export = "type=vhost-user-blk,id=export,node-name=disk,addr.type=unix,addr.path=" + socket
                + ",num-queues=" + queues + ",writable=" + (readOnly ? "off" : "on");
        return tools.qemuStorage("qemu-storage-daemon").with(List.of("--blockdev", blockdev, "--export", export));
    }
}

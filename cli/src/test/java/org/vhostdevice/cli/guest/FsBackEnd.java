package org.vhostdevice.cli.guest;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Starts the file system device to be tested: ours, or with `-Dvhost.guest.virtiofsd=COMMAND` a program with the
/// options of virtiofsd, which shows whether a failure is one of the tests. The command is split at spaces, and started
/// again when its front end has gone, since virtiofsd ends then.
final class FsBackEnd {
    private static final String PEER = System.getProperty("vhost.guest.virtiofsd", "");
    private static final List<String> AGAIN = List.of("-c", "while \"$@\"; do :; done", "peer");

    private FsBackEnd() {}

    /// Our device, without notifications by message: User Mode Linux takes them wherever they are offered, no VM
    /// monitor
    /// nor virtiofsd has them, and small requests take three times as long.
    static HostProgram ours() {
        return HostProgram.ofThisBuild().plus(List.of("fs", "--disable-feature=INBAND_NOTIFICATIONS"));
    }

    /// The program that is to be tested instead of ours, or compared with it.
    static Optional<HostProgram> peer() {
        HostProgram shell = new HostProgram(Path.of("/bin/sh"), AGAIN, Map.of());
        return PEER.isEmpty() ? Optional.empty() : Optional.of(shell.plus(List.of(PEER.split(" ", -1))));
    }

    /// Starts the device under test.
    ///
    /// @param folder where the socket is made
    /// @param shared the folder that the guest sees
    /// @param options further ones, in virtiofsd's spelling
    static BackEndProcess start(Path folder, Path shared, List<String> options) throws IOException {
        return start(peer().orElseGet(FsBackEnd::ours), folder, shared, options);
    }

    /// Starts a program that takes virtiofsd's options.
    static BackEndProcess start(HostProgram program, Path folder, Path shared, List<String> options)
            throws IOException {
        Path socket = folder.resolve("fs.sock");
        List<String> arguments = new ArrayList<>(List.of("--socket-path", socket.toString()));
        arguments.addAll(List.of("--shared-dir", shared.toString(), "--tag", "share"));
        arguments.addAll(options);
        return BackEndProcess.start(program.with(arguments), socket);
    }
}

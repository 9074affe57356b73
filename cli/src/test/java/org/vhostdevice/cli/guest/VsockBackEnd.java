package org.vhostdevice.cli.guest;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.vhostdevice.core.frontend.vsock.HybridHost;

/// Starts the socket device to be tested: ours, or with `-Dvhost.guest.vsock=COMMAND` a program with the options of
/// vhost-device-vsock, which shows whether a failure is one of the tests.
final class VsockBackEnd {
    /// The guest's context id.
    static final int CID = 42;

    private static final String PEER = System.getProperty("vhost.guest.vsock", "");

    private VsockBackEnd() {}

    /// Our device, without notifications by message, which User Mode Linux takes wherever they are offered.
    static HostProgram ours() {
        return HostProgram.ofThisBuild().plus(List.of("vsock", "--disable-feature=INBAND_NOTIFICATIONS"));
    }

    /// Whether it is another program that is tested.
    static boolean isPeer() {
        return !PEER.isEmpty();
    }

    /// The program that is to be tested instead of ours, or compared with it.
    static HostProgram peer() {
        return HostProgram.ofCommand(PEER);
    }

    /// Starts the device under test for one guest.
    ///
    /// @param folder where the sockets are made
    /// @param options further ones
    static BackEndProcess start(Path folder, List<String> options) throws IOException {
        return start(isPeer() ? peer() : ours(), folder, options);
    }

    /// Starts a program that takes these options.
    static BackEndProcess start(HostProgram program, Path folder, List<String> options) throws IOException {
        Path socket = folder.resolve("vsock.sock");
        List<String> arguments = new ArrayList<>(List.of("--socket", socket.toString()));
        arguments.addAll(List.of("--guest-cid", String.valueOf(CID)));
        arguments.addAll(List.of("--uds-path", host(folder).path().toString()));
        arguments.addAll(options);
        return BackEndProcess.start(program.with(arguments), socket);
    }

    /// The host's side of a device.
    ///
    /// @param folder that it was started with
    static HybridHost host(Path folder) {
        return new HybridHost(folder.resolve("host"));
    }
}

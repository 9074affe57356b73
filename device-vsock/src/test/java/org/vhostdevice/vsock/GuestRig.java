package org.vhostdevice.vsock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.vhostdevice.core.device.DeviceArguments;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.vsock.Vsock;
import org.vhostdevice.core.frontend.vsock.VsockConnection;
import org.vhostdevice.core.frontend.vsock.VsockDriver;
import org.vhostdevice.core.frontend.vsock.VsockHeader;
import org.vhostdevice.core.testkit.DeviceServerFixture;
import picocli.CommandLine;

/// A device that is served, with the built-in front end as its guest.
final class GuestRig implements AutoCloseable {
    /// How long tests wait for what must happen.
    static final Duration LONG = Duration.ofSeconds(20);

    /// A guest's receive buffer.
    static final int SPACE = 1 << 18;

    private final DeviceServerFixture server;
    private final Frontend frontend;
    private final VsockDriver driver;

    /// @param socket where the device is served
    GuestRig(DeviceArguments arguments, Path socket) throws Exception {
        server = new DeviceServerFixture(arguments.open(), socket);
        frontend = Frontend.attach(
                socket, VsockDriver.prepare(FrontendOptions.defaults().withTimeout(LONG)));
        driver = new VsockDriver(frontend, VsockDriver.Buffers.DEFAULT);
        driver.giveBuffers();
    }

    /// Options of the command.
    static VsockArgs options(String... options) {
        VsockArgs arguments = new VsockArgs();
        CommandLine.ParseResult _ = new CommandLine(arguments).parseArgs(options);
        return arguments;
    }

    VsockDriver driver() {
        return driver;
    }

    /// The header of packets from a port of the guest.
    VsockHeader to(long cid, int port, int from, int type) {
        VsockHeader header = driver.header(from, port, type);
        return new VsockHeader(
                header.source(), new VsockHeader.Address(cid, port), 0, type, 0, 0, VsockHeader.Credit.NONE);
    }

    /// Connects to a port of the host.
    VsockConnection connect(int port, int from) throws IOException {
        return VsockConnection.connect(driver, to(Vsock.HOST_CID, port, from, Vsock.TYPE_STREAM), SPACE);
    }

    /// The next packet that asks for a connection, which must be to a port; those before it are dropped.
    VsockHeader requested(int port) throws IOException {
        List<VsockHeader> headers = new ArrayList<>();
        while (headers.isEmpty() || headers.getLast().operation() != Vsock.REQUEST) {
            assertTrue(driver.receive(LONG.toNanos(), (header, _) -> headers.add(header)));
        }
        assertEquals(port, headers.getLast().destination().port());
        return headers.getLast();
    }

    /// Grants a connection.
    VsockConnection grant(VsockHeader request, int space) throws IOException {
        return VsockConnection.accept(driver, request, space);
    }

    /// The guest goes away.
    void leave() throws IOException {
        frontend.close();
    }

    @Override
    public void close() throws IOException {
        leave();
        server.close();
    }
}

package org.vhostdevice.core.check;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.core.testkit.DeviceServerFixture;

/// A good back end of this process behind a relay. It can be killed if a test wants that: the next one is made anew.
class RelayedTarget implements Target, AutoCloseable {
    private final Path directory;
    private final Supplier<? extends VirtioDevice> devices;
    private final RelayFault fault;
    private final RingFault rings;
    private final boolean restartable;
    private DeviceServerFixture back;
    private Relay relay;
    private int starts;

    RelayedTarget(
            Path directory,
            Supplier<? extends VirtioDevice> devices,
            RelayFault fault,
            RingFault rings,
            boolean restartable)
            throws Exception {
        this.directory = directory;
        this.devices = devices;
        this.fault = fault;
        this.rings = rings;
        this.restartable = restartable;
        back = serve();
        relay = listen();
    }

    Relay relay() {
        return relay;
    }

    private DeviceServerFixture serve() throws Exception {
        starts++;
        return new DeviceServerFixture(devices.get(), directory.resolve("b" + starts));
    }

    private Relay listen() throws IOException {
        return new Relay(socket(), directory.resolve("b" + starts), fault, rings);
    }

    @Override
    public Path socket() {
        return directory.resolve("f" + starts);
    }

    @Override
    public boolean restartable() {
        return restartable;
    }

    @Override
    public void ensureServing() {
        // It is there until it is closed.
    }

    @Override
    public boolean pause() {
        return relay.pause();
    }

    @Override
    public void killAndRestart() throws IOException {
        close();
        try {
            back = serve();
            relay = listen();
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    @Override
    public Optional<String> end() {
        return Optional.empty();
    }

    @Override
    public Optional<String> crash() {
        return Optional.empty();
    }

    @Override
    public Optional<Long> pid() {
        return Optional.of(ProcessHandle.current().pid());
    }

    @Override
    public void close() throws IOException {
        relay.close();
        back.close();
    }
}

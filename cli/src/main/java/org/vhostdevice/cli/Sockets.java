package org.vhostdevice.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.StartUp;
import org.vhostdevice.core.sys.Program;
import org.vhostdevice.core.transport.Endpoint;
import org.vhostdevice.core.transport.VhostUserListener;

/// The sockets of the devices that a process serves, opened once: by this program, or before it was started
/// anew.
final class Sockets implements StartUp, AutoCloseable {
    /// Tells a program that is started anew the numbers of its sockets, and what the device says to itself.
    private static final String VARIABLE = "VHOST_DEVICE_RESTARTED";

    private final List<Endpoint> endpoints;
    private final boolean ownsProcess;
    private final boolean logsToHost;
    private final @Nullable String state;
    private List<VhostUserListener> open = List.of();

    private Sockets(List<Endpoint> endpoints, boolean ownsProcess, boolean logsToHost, @Nullable String state) {
        this.endpoints = endpoints;
        this.ownsProcess = ownsProcess;
        this.logsToHost = logsToHost;
        this.state = state;
    }

    /// Opens no socket yet.
    ///
    /// @param named by the command line
    /// @param ownsProcess whether the process is the command's own
    /// @param logsToHost whether messages go to the host's log
    static Sockets of(List<Endpoint> named, boolean ownsProcess, boolean logsToHost) {
        String restarted = ownsProcess ? System.getenv(VARIABLE) : null;
        if (restarted == null) {
            return new Sockets(named, ownsProcess, logsToHost, null);
        }
        String[] parts = restarted.split(" ", 2);
        List<Endpoint> passedOn = Stream.of(parts[0].split(","))
                .map(Integer::valueOf)
                .<Endpoint>map(Endpoint.Inherited::new)
                .toList();
        return new Sockets(passedOn, true, logsToHost, parts[1]);
    }

    @Override
    public boolean ownsProcess() {
        return ownsProcess;
    }

    @Override
    public boolean logsToHost() {
        return logsToHost;
    }

    @Override
    public @Nullable String restarted() {
        return state;
    }

    @Override
    public void openSockets() throws IOException {
        if (!open.isEmpty()) {
            return;
        }
        open = new ArrayList<>();
        for (Endpoint endpoint : endpoints) {
            open.add(VhostUserListener.open(endpoint));
        }
    }

    @Override
    public void restart(List<String> through, String newState) throws IOException {
        List<Integer> numbers = open.stream().map(VhostUserListener::number).toList();
        String list = numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
        Program.Start start = Program.start(Map.of(VARIABLE, list + " " + newState));
        Program.replace(through.isEmpty() ? start : start.through(through), Set.copyOf(numbers));
    }

    /// Takes the next socket out; the caller owns it.
    VhostUserListener take() {
        return open.removeFirst();
    }

    /// Closes those that nobody took.
    @Override
    public void close() throws IOException {
        while (!open.isEmpty()) {
            take().close();
        }
    }
}

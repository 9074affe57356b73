package org.vhostdevice.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.StartUp;
import org.vhostdevice.core.sys.Program;
import org.vhostdevice.core.sys.ServiceManager;
import org.vhostdevice.core.transport.Endpoint;
import org.vhostdevice.core.transport.VhostUserListener;

/// The sockets of the devices that a process serves and the connection to its service manager, opened once: by this
/// program, or before it was started anew.
final class Sockets implements StartUp, AutoCloseable {
    /// Tells a program that is started anew the numbers of its sockets and of the connection, and what the device says
    /// to itself.
    private static final String VARIABLE = "VHOST_DEVICE_RESTARTED";

    private final List<Endpoint> endpoints;
    private final boolean ownsProcess;
    private final boolean logsToHost;
    private final ServiceManager manager;
    private final @Nullable String state;
    private List<VhostUserListener> open = List.of();

    private Sockets(
            List<Endpoint> endpoints,
            boolean ownsProcess,
            boolean logsToHost,
            ServiceManager manager,
            @Nullable String state) {
        this.endpoints = endpoints;
        this.ownsProcess = ownsProcess;
        this.logsToHost = logsToHost;
        this.manager = manager;
        this.state = state;
    }

    /// Opens no socket yet.
    ///
    /// @param named by the command line
    /// @param ownsProcess whether the process is the command's own
    /// @param logsToHost whether messages go to the host's log
    /// @throws IOException if what was opened before is gone
    static Sockets of(List<Endpoint> named, boolean ownsProcess, boolean logsToHost) throws IOException {
        Map<String, String> variables = ownsProcess ? System.getenv() : Map.of();
        String restarted = variables.get(VARIABLE);
        if (restarted == null) {
            return new Sockets(named, ownsProcess, logsToHost, ServiceManager.connect(variables), null);
        }
        String[] parts = restarted.split(" ", 3);
        List<Endpoint> passedOn = Stream.of(parts[0].split(","))
                .map(Integer::valueOf)
                .<Endpoint>map(Endpoint.Inherited::new)
                .toList();
        ServiceManager manager = ServiceManager.adopt(Integer.parseInt(parts[1]));
        return new Sockets(passedOn, true, logsToHost, manager, parts[2]);
    }

    /// The service manager of this process.
    ServiceManager manager() {
        return manager;
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
        Set<Integer> kept = open.stream().map(VhostUserListener::number).collect(Collectors.toCollection(TreeSet::new));
        String list = open.stream().map(each -> String.valueOf(each.number())).collect(Collectors.joining(","));
        boolean _ = kept.add(manager.number());
        Program.Start start = Program.start(Map.of(VARIABLE, list + " " + manager.number() + " " + newState));
        Program.replace(through.isEmpty() ? start : start.through(through), kept);
    }

    /// Takes the next socket out; the caller owns it.
    VhostUserListener take() {
        return open.removeFirst();
    }

    /// Closes those that nobody took.
    @Override
    public void close() throws IOException {
        manager.close();
        while (!open.isEmpty()) {
            take().close();
        }
    }
}

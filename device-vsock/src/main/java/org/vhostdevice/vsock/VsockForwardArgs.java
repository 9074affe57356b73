package org.vhostdevice.vsock;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.vsock.host.Entrance;
import org.vhostdevice.vsock.host.EntrancePorts;
import org.vhostdevice.vsock.host.Forward;
import org.vhostdevice.vsock.host.ForwardingPorts;
import org.vhostdevice.vsock.host.HostPorts;
import org.vhostdevice.vsock.host.Siblings;
import picocli.CommandLine.Option;

/// Options that lead elsewhere than to Unix sockets.
final class VsockForwardArgs {
    private static final long MOST_CID = 0xffff_ffffL;

    @Option(
            names = "--forward",
            paramLabel = "guest:PORT=tcp:HOST:PORT",
            description = "Streams of the guest to a port of the host go to a port of TCP. Repeatable.")
    private List<String> forwards = List.of();

    @Option(
            names = "--listen",
            paramLabel = "tcp:HOST:PORT=guest:PORT",
            description =
                    "Who connects to a port of TCP reaches a port of the guest, as in tcp:127.0.0.1:2222=guest:22."
                            + " Repeatable.")
    private List<String> entrances = List.of();

    @Option(
            names = "--forward-cid",
            paramLabel = "CID",
            description = "In place of --uds-path: connections of the guest go to the same port of this context id, as"
                    + " the host sees it (AF_VSOCK).")
    private @Nullable Long forwardCid;

    @Option(
            names = "--forward-listen",
            paramLabel = "P1+P2+...",
            description =
                    "With --forward-cid: who connects to these ports of the host (AF_VSOCK) reaches the same ports"
                            + " of the guest.")
    private @Nullable String forwardListen;

    @Option(
            names = "--groups",
            paramLabel = "A+B+...",
            defaultValue = "default",
            description = "Guests of this process that have a group in common reach each other by their context ids"
                    + " (default: ${DEFAULT-VALUE}).")
    private String groups = "default";

    /// Checks all options.
    ///
    /// @param udsPath whether there are Unix sockets
    /// @throws UsageException if they are wrong
    void check(boolean udsPath) throws UsageException {
        if (udsPath && forwardCid != null) {
            throw new UsageException("give either --uds-path or --forward-cid");
        }
        if (forwardListen != null && forwardCid == null) {
            throw new UsageException("--forward-listen goes with --forward-cid");
        }
        if (forwardCid != null && (forwardCid < 0 || forwardCid >= MOST_CID)) {
            throw new UsageException("--forward-cid must be 0 to " + (MOST_CID - 1) + ", not " + forwardCid);
        }
        boolean some = udsPath || forwardCid != null || !forwards.isEmpty() || !entrances.isEmpty();
        if (!some) {
            throw new UsageException("--uds-path PATH is missing: name the socket by which the host reaches the guest");
        }
        Set<String> _ = groups();
        List<Entrance> _ = entrances();
        Map<Integer, Forward> _ = forwards();
    }

    private Set<String> groups() throws UsageException {
        Set<String> names = new LinkedHashSet<>(List.of(groups.split("\\+", -1)));
        if (names.contains("")) {
            throw new UsageException("--groups must be names with + between them, not " + groups);
        }
        return names;
    }

    private List<Entrance> entrances() throws UsageException {
        List<Entrance> all = new ArrayList<>();
        try {
            for (String entrance : entrances) {
                all.add(Entrance.parse(entrance));
            }
        } catch (IllegalArgumentException e) {
            throw new UsageException("--listen " + e.getMessage());
        }
        try {
            for (String port : forwardListen == null ? List.<String>of() : List.of(forwardListen.split("\\+", -1))) {
                all.add(Entrance.ofVsock(port));
            }
        } catch (IllegalArgumentException e) {
            throw new UsageException("--forward-listen " + forwardListen + ": " + e.getMessage());
        }
        return all;
    }

    private Map<Integer, Forward> forwards() throws UsageException {
        Map<Integer, Forward> all = new HashMap<>();
        try {
            for (String text : forwards) {
                Forward forward = Forward.parse(text);
                if (all.put(forward.port(), forward) != null) {
                    throw new UsageException(
                            "--forward names port " + Integer.toUnsignedString(forward.port()) + " twice");
                }
            }
        } catch (IllegalArgumentException e) {
            throw new UsageException("--forward " + e.getMessage());
        }
        return all;
    }

    /// Opens what the options lead to, and adds it.
    ///
    /// @param ports where it is added as soon as it is open
    /// @param guestCid context id of the guest
    /// @param siblings the other guests of the process
    /// @throws UsageException if they are wrong
    /// @throws IOException if the host cannot provide it
    void open(List<HostPorts> ports, long guestCid, Siblings siblings) throws UsageException, IOException {
        ports.add(ForwardingPorts.of(forwards().values()));
        try {
            ports.add(siblings.add(guestCid, groups()));
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
        for (Entrance entrance : entrances()) {
            ports.add(EntrancePorts.at(entrance));
        }
        if (forwardCid != null) {
            ports.add(ForwardingPorts.vsock(forwardCid.intValue()));
        }
    }
}

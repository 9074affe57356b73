package org.vhostdevice.cli.guest;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.frontend.vsock.HostListener;
import org.vhostdevice.core.frontend.vsock.HostPeers;
import org.vhostdevice.core.frontend.vsock.HybridHost;

/// Compares the socket device with vhost-device-vsock in guests that are alike, and prints a table; nothing is
/// asserted.
///
/// Each back end serves a guest in User Mode Linux; see [SpeedComparison]. vhost-device-vsock does not understand that
/// of Linux 6.1: [GuestTools] says how another one is named.
///
/// - `-Dvhost.guest.vsock=COMMAND` starts the peer; without it there is nothing to compare with.
/// - `-Dvhost.speed.loads=` those to run: `send` (16 KiB a call), `send-64k` and `receive` are the guest's MiB a
///   second, `trip` bytes there and back, `crowd` the same by 1,000 connections, and `fairness` the slowest of those,
///   as a share of their mean. Packets of more than 32 KiB, as newer kernels make them, stop vhost-device-vsock 0.3.
@Tag("guest")
@Tag("slow")
class VsockSpeedIT {
    private static final String LOADS = "send,receive,trip,crowd,fairness";
    private static final int PORT = 7000;
    private static final int MILLIS = 2000;
    private static final int CROWD = 1000;

    @TempDir
    private Path folder;

    /// A back end with its guest.
    private static final class Contender implements SpeedComparison.Contender {
        private final BackEndProcess backEnd;
        private final Guest guest;
        private final HybridHost host;
        private double fairness;

        Contender(BackEndProcess backEnd, Guest guest, HybridHost host) {
            this.backEnd = backEnd;
            this.guest = guest;
            this.host = host;
        }

        @Override
        public double rate(String load) throws IOException {
            return switch (load) {
                case "send" -> run("send_load", HostPeers.Role.SINK, 1, " 16384");
                case "send-64k" -> run("send_load", HostPeers.Role.SINK, 1, " 65536");
                case "receive" -> run("receive_load", HostPeers.Role.SOURCE, 1, "");
                case "trip" -> run("trip_load", HostPeers.Role.ECHO, 1, "");
                case "crowd" -> run("crowd_load", HostPeers.Role.ECHO, CROWD, " " + CROWD);
                case "fairness" -> fairness;
                default -> throw new IllegalArgumentException(load);
            };
        }

        private double run(String command, HostPeers.Role role, int connections, String more) throws IOException {
            try (HostListener listener = host.listen(PORT);
                    HostPeers peers = new HostPeers(role)) {
                Guest.Pending pending = guest.submit(command + " " + PORT + " " + MILLIS + more);
                for (int accepted = 0; accepted < connections; accepted++) {
                    peers.add(HostSide.accept(listener));
                }
                peers.start();
                GuestReport report = pending.await();
                report.requireSuccess();
                fairness = connections == 1 ? fairness : Double.parseDouble(report.value("fairness"));
                return Double.parseDouble(report.value("rate"));
            }
        }

        @Override
        public void close() throws IOException {
            guest.close();
            backEnd.close();
        }
    }

    @Test
    void ratesAreCompared() throws IOException {
        assumeTrue(VsockBackEnd.isPeer(), "name a peer with -Dvhost.guest.vsock=COMMAND");
        try (SpeedComparison comparison = new SpeedComparison()) {
            comparison.add("vhost-device", contender(VsockBackEnd.ours(), "ours"));
            comparison.add("vhost-device-vsock", contender(VsockBackEnd.peer(), "peer"));
            List<String> loads =
                    List.of(System.getProperty("vhost.speed.loads", LOADS).split(",", -1));
            comparison.run(loads);
            System.err.println(comparison.table(loads));
        }
    }

    private Contender contender(HostProgram program, String name) throws IOException {
        GuestTools tools = GuestAvailability.require();
        Path own = Files.createDirectory(folder.resolve(name));
        BackEndProcess backEnd = VsockBackEnd.start(program, own, List.of());
        Guest guest = VsockGuestContract.boot(new UmlGuest(tools, own), tools, backEnd.socket());
        return new Contender(backEnd, guest, VsockBackEnd.host(own));
    }
}

package org.vhostdevice.core.check;

import static org.vhostdevice.core.check.Check.must;
import static org.vhostdevice.core.check.Check.should;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.vhostdevice.core.check.Wire.Reply;
import org.vhostdevice.core.frontend.VhostUserClient;
import org.vhostdevice.core.protocol.FrontendRequest;
import org.vhostdevice.core.sys.UnixSocket;

/// Front ends that come and go.
final class ConnectionChecks {
    private static final String RECONNECT = "vhost-user, Communication (reconnection)";
    private static final int ROUNDS = 24;
    private static final int SLACK = 4;

    static final CheckSuite SUITE = CheckSuite.plain(
            "connections",
            List.of(
                    should("C3a", RECONNECT, "serves on after a disconnect before any message", rig -> leave(rig, 0)),
                    should("C3b", RECONNECT, "serves on after a disconnect behind GET_FEATURES", rig -> leave(rig, 1)),
                    should("C3c", RECONNECT, "serves on after a disconnect behind SET_OWNER", rig -> leave(rig, 2)),
                    should("C3d", RECONNECT, "serves on after a disconnect behind SET_FEATURES", rig -> leave(rig, 3)),
                    should(
                            "C3e",
                            RECONNECT,
                            "serves on after a disconnect behind the memory table",
                            rig -> leave(rig, 4)),
                    should(
                            "C3f",
                            RECONNECT,
                            "serves on after a disconnect behind SET_VRING_ADDR",
                            rig -> leave(rig, 5)),
                    should(
                            "C3g",
                            RECONNECT,
                            "serves on after a disconnect behind SET_VRING_KICK",
                            rig -> leave(rig, 6)),
                    should("C3h", RECONNECT, "serves on after a disconnect from running rings", rig -> leave(rig, 7)),
                    should(
                            "C3i",
                            RECONNECT,
                            "serves on after a disconnect with a request under way",
                            rig -> leave(rig, 8)),
                    must("U23a", RECONNECT, "a second front end does the first one no harm", ConnectionChecks::second)
                            .needing(Need.KIND),
                    should(
                            "U23b",
                            RECONNECT,
                            "a second front end is served when the first has left",
                            ConnectionChecks::turn),
                    should("U26", RECONNECT, "no descriptor stays open behind a front end", ConnectionChecks::leak)
                            .needing(Need.KIND)));

    private ConnectionChecks() {}

    /// Takes the first steps of the start, leaves, and comes back as another front end.
    private static void leave(Rig rig, int steps) throws IOException {
        if (steps < 2) {
            VhostUserClient client = rig.connect();
            if (steps == 0) {
                client.close();
                rig.connectBeside().close();
            }
        } else if (rig.kind().isEmpty()) {
            throw CheckEnded.skip(Need.NO_KIND);
        } else {
            start(rig, rig.device(rig.plan()), steps);
        }
        rig.requireServesNext("a disconnect", true);
        if (rig.kind().isPresent()) {
            rig.requireServes(rig.started(), "of the next front end");
        }
    }

    private static void start(Rig rig, LiveDevice device, int steps) throws IOException {
        LiveRing ring = rig.ring(device);
        if (steps > 2) {
            device.setFeatures();
        }
        if (steps > 3) {
            device.passMemory();
        }
        if (steps > 4) {
            device.setUp(ring);
        }
        if (steps > 5) {
            device.startRing(ring);
        }
        if (steps > 6) {
            device.enable(ring, true);
            device.driverOk();
        }
        if (steps > 7) {
            int _ = ring.submit(Request.of(device, rig.probe()).chain());
        }
    }

    private static void second(Rig rig) throws IOException {
        LiveDevice first = rig.started();
        rig.requireServes(first, "before the second front end came");
        VhostUserClient second = rig.connectBeside();
        rig.wire(second).send(FrontendRequest.GET_FEATURES, Wire.VERSION);
        rig.requireServes(first, "beside the second front end");
        rig.saw("the second front end: " + rig.wire(second).reply(LiveRing.QUIET));
        second.close();
        rig.requireServes(first, "after the second front end has left");
    }

    private static void turn(Rig rig) throws IOException {
        VhostUserClient first = rig.connect();
        long _ = first.getFeatures();
        Wire second = rig.wire(rig.connectBeside());
        second.send(FrontendRequest.GET_FEATURES, Wire.VERSION);
        first.close();
        Reply reply = second.reply();
        CheckEnded.require(reply instanceof Reply.Answer, "GET_FEATURES of the second is answered", reply.toString());
    }

    private static void leak(Rig rig) throws IOException {
        long process = process(rig, rig.connect());
        long first = round(rig);
        for (int i = 0; i < ROUNDS; i++) {
            long _ = round(rig);
        }
        long last = round(rig);
        if (process != process(rig, rig.connect())) {
            throw CheckEnded.skip("the back end was started again meanwhile");
        }
        CheckEnded.require(
                last <= first + SLACK,
                "about " + first + " open descriptors",
                last + " after " + ROUNDS + " front ends more");
        rig.saw(first + " open descriptors, later " + last);
    }

    /// Attaches, does a request and leaves.
    ///
    /// @return open descriptors while the next front end, which asks for nothing, is connected
    private static long round(Rig rig) throws IOException {
        rig.target().ensureServing();
        rig.requireServes(rig.started(), "of one front end of many");
        rig.target().ensureServing();
        VhostUserClient next = rig.connect();
        try (Stream<Path> open = Files.list(Path.of("/proc", String.valueOf(process(rig, next)), "fd"))) {
            return open.count();
        } catch (IOException e) {
            throw CheckEnded.skip("the descriptors of the back end's process are not known: give --pid");
        }
    }

    /// The process that serves, or that made the socket.
    private static long process(Rig rig, VhostUserClient client) throws IOException {
        Optional<Long> told = rig.target().pid();
        return told.isPresent() ? told.get() : UnixSocket.peerPid(client.fd());
    }
}

package org.vhostdevice.cli.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.vhostdevice.core.sys.MappedRegion;
import org.vhostdevice.core.sys.Notification;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.Poller;
import org.vhostdevice.core.sys.SharedMemory;
import org.vhostdevice.core.sys.UnixSocket;

/// Does once what serving a device takes.
final class ServingProbe {
    private static final String SECTION = "Serving";
    private static final long SIZE = 1 << 20;

    private interface Step {
        void run() throws IOException;
    }

    private ServingProbe() {}

    static List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        findings.add(step(
                "sockets",
                "Unix sockets can be made in " + folder(),
                "name a folder that this user may write to by the environment variable TMPDIR",
                ServingProbe::listen));
        findings.add(step(
                "memory",
                "memory can be shared and mapped",
                "see that shared memory is not forbidden to this process, in a container by a larger /dev/shm",
                ServingProbe::share));
        findings.add(step(
                "notifications",
                "descriptors for notifications can be made and waited for",
                "see how many descriptors this process may have open (ulimit -n)",
                ServingProbe::notice));
        return findings;
    }

    private static Finding step(String name, String works, String advice, Step step) {
        try {
            step.run();
            return Finding.ok(SECTION, name, works);
        } catch (IOException | UnsupportedOperationException e) {
            return Finding.problem(SECTION, name, "fails: " + e.getMessage(), advice);
        }
    }

    private static Path folder() {
        return Path.of(System.getProperty("java.io.tmpdir", "/tmp"));
    }

    private static void listen() throws IOException {
        Path own = Files.createTempDirectory(folder(), "vhost-");
        Path socket = own.resolve("s");
        try (OwnedFd _ = UnixSocket.listen(socket, 1);
                OwnedFd _ = UnixSocket.connect(socket)) {
            // that it can be connected to is all
        } finally {
            Files.deleteIfExists(socket);
            Files.delete(own);
        }
    }

    private static void share() throws IOException {
        try (SharedMemory memory = SharedMemory.create("doctor", SIZE);
                MappedRegion _ = MappedRegion.map(memory.fd(), 0, SIZE, true)) {
            // nobody else has it
        }
    }

    private static void notice() throws IOException {
        try (Notification ends = Notification.create();
                Poller poller = Poller.create()) {
            poller.add(ends.readEnd().number(), Poller.READ, ends);
            int _ = poller.await(0);
            poller.remove(ends.readEnd().number());
        }
    }
}

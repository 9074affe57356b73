package org.vhostdevice.core.check;

import static org.vhostdevice.core.check.Check.must;
import static org.vhostdevice.core.check.Check.should;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.vhostdevice.core.frontend.BackendRequestHandler;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.console.Console;
import org.vhostdevice.core.frontend.console.ConsoleDriver;
import org.vhostdevice.core.frontend.console.ConsoleMessage;
import org.vhostdevice.core.protocol.ProtocolFeature;

/// What console devices do. What they print is somebody else's to see.
final class ConsoleChecks {
    private static final String CONFIG = "VIRTIO 1.4, 5.3.4";
    private static final String EMERGENCY = "VIRTIO 1.4, 5.3.5.1";
    private static final String CONTROL = "VIRTIO 1.4, 5.3.6.2.1";
    private static final String MESSAGES = "VIRTIO 1.4, 5.3.6.2";
    private static final String OPERATION = "VIRTIO 1.4, 5.3.6";
    private static final Need SHOWS_CONFIG = Need.protocol(ProtocolFeature.CONFIG);
    private static final Need[] SEVERAL = {SHOWS_CONFIG, Need.feature(Console.MULTIPORT, "MULTIPORT")};
    private static final int UNKNOWN_EVENT = 0x777;

    static final CheckSuite SUITE = CheckSuite.of(
            DeviceKind.CONSOLE,
            List.of(
                    must("C1", EMERGENCY, "emerg_wr may be written before anything is agreed on", ConsoleChecks::early)
                            .needing(SHOWS_CONFIG, Need.feature(Console.EMERGENCY_WRITE, "EMERG_WRITE")),
                    must("C4a", OPERATION, "bytes of the guest are taken", ConsoleChecks::taken),
                    must("C4b", CONFIG, "max_nr_ports is 1 or more", ConsoleChecks::ports)
                            .needing(SEVERAL),
                    must("C2", CONTROL, "no port is added twice, or beyond max_nr_ports", ConsoleChecks::added)
                            .needing(SEVERAL),
                    must("C3", CONTROL, "no port is removed that was not added", ConsoleChecks::removed)
                            .needing(SEVERAL),
                    must("C5a", MESSAGES, "DEVICE_READY is answered by the ports", ConsoleChecks::announced)
                            .needing(SEVERAL),
                    should("C5b", MESSAGES, "a port that is ready is said to be open", ConsoleChecks::open)
                            .needing(SEVERAL),
                    must("C5c", MESSAGES, "names of ports do not end with NUL", ConsoleChecks::names)
                            .needing(SEVERAL),
                    should("C5d", MESSAGES, "RESIZE of a console agrees with its configuration", ConsoleChecks::size)
                            .needing(SHOWS_CONFIG, SEVERAL[1], Need.feature(Console.SIZE, "SIZE")),
                    should("C6", MESSAGES, "control messages that cannot be are survived", ConsoleChecks::odd)
                            .needing(SEVERAL)));

    private ConsoleChecks() {}

    private static ConsoleDriver driver(Rig rig) throws IOException {
        FrontendOptions options;
        if (rig.facts().has(ProtocolFeature.CONFIG)) {
            rig.close();
            try (Frontend probe = probe(rig)) {
                options = ConsoleDriver.prepare(FrontendOptions.defaults(), probe);
            }
        } else {
            options = ConsoleDriver.onePort(FrontendOptions.defaults());
        }
        return new ConsoleDriver(rig.frontend(options));
    }

    private static Frontend probe(Rig rig) throws IOException {
        FrontendOptions options =
                FrontendOptions.defaults().withTimeout(rig.options().timeout());
        return Dial.patiently(
                rig.target(),
                rig.options().timeout(),
                () -> Frontend.connect(rig.target().socket(), options, BackendRequestHandler.PLAIN));
    }

    private static void early(Rig rig) throws IOException {
        rig.close();
        try (Frontend probe = probe(rig)) {
            ConsoleDriver.emergencyWrite(probe, '\n');
        }
    }

    private static void taken(Rig rig) throws IOException {
        ConsoleDriver driver = driver(rig);
        if (driver.multiport()) {
            var _ = begin(rig, driver);
        }
        driver.port(0).send((byte) '\n');
        driver.port(0).send("vhost-device check\n".repeat(500).getBytes(StandardCharsets.US_ASCII));
    }

    private static void ports(Rig rig) throws IOException {
        rig.close();
        try (Frontend probe = probe(rig)) {
            long ports = ConsoleDriver.ports(probe);
            CheckEnded.require(ports >= 1, "1 or more", String.valueOf(ports));
            rig.saw(ports + " ports");
        }
    }

    /// Says that the driver is ready, and each port that the device announces; returns all that the device says.
    private static List<ConsoleMessage> begin(Rig rig, ConsoleDriver driver) throws IOException {
        driver.tell(new ConsoleMessage(0, Console.DEVICE_READY, 1));
        List<ConsoleMessage> heard = new ArrayList<>();
        long within = rig.options().timeout().toNanos();
        for (Optional<ConsoleMessage> next = driver.hear(within);
                next.isPresent();
                next = driver.hear(LiveRing.QUIET.toNanos())) {
            ConsoleMessage message = next.get();
            heard.add(message);
            if (message.event() == Console.DEVICE_ADD) {
                driver.tell(new ConsoleMessage(message.port(), Console.PORT_READY, 1));
            }
        }
        return heard;
    }

    private static List<ConsoleMessage> heard(Rig rig, int event) throws IOException {
        return begin(rig, driver(rig)).stream()
                .filter(message -> message.event() == event)
                .toList();
    }

    private static void added(Rig rig) throws IOException {
        ConsoleDriver driver = driver(rig);
        Set<Integer> ports = new HashSet<>();
        for (ConsoleMessage message : begin(rig, driver)) {
            if (message.event() == Console.DEVICE_REMOVE) {
                boolean _ = ports.remove(message.port());
            } else if (message.event() == Console.DEVICE_ADD) {
                CheckEnded.require(
                        Integer.compareUnsigned(message.port(), driver.ports()) < 0,
                        "ports below " + driver.ports(),
                        "port " + Integer.toUnsignedString(message.port()));
                CheckEnded.require(ports.add(message.port()), "each port once", "port " + message.port() + " again");
            }
        }
        rig.saw(ports.size() + " ports");
    }

    private static void removed(Rig rig) throws IOException {
        Set<Integer> ports = new HashSet<>();
        for (ConsoleMessage message : begin(rig, driver(rig))) {
            if (message.event() == Console.DEVICE_ADD) {
                boolean _ = ports.add(message.port());
            } else if (message.event() == Console.DEVICE_REMOVE) {
                CheckEnded.require(
                        ports.remove(message.port()),
                        "only ports that are there",
                        "port " + Integer.toUnsignedString(message.port()));
            }
        }
    }

    private static void announced(Rig rig) throws IOException {
        List<ConsoleMessage> added = heard(rig, Console.DEVICE_ADD);
        CheckEnded.require(!added.isEmpty(), "DEVICE_ADD for a port", "none");
    }

    private static void open(Rig rig) throws IOException {
        List<ConsoleMessage> said = begin(rig, driver(rig));
        int[] added = ports(said, Console.DEVICE_ADD);
        int[] open = ports(said, Console.PORT_OPEN);
        for (int port : added) {
            CheckEnded.require(
                    IntStream.of(open).anyMatch(p -> p == port),
                    "PORT_OPEN for port " + port,
                    "ports that are open: " + open.length);
        }
    }

    private static int[] ports(List<ConsoleMessage> said, int event) {
        return said.stream()
                .filter(message -> message.event() == event)
                .mapToInt(ConsoleMessage::port)
                .toArray();
    }

    private static void names(Rig rig) throws IOException {
        for (ConsoleMessage message : heard(rig, Console.PORT_NAME)) {
            String name = message.text();
            CheckEnded.require(
                    !name.isEmpty() && name.indexOf('\0') < 0,
                    "a name without NUL",
                    "'" + name.replace("\0", "\\0") + "'");
            rig.saw("'" + name + "'");
        }
    }

    private static void size(Rig rig) throws IOException {
        ConsoleDriver driver = driver(rig);
        String configured = driver.columns() + " columns, " + driver.rows() + " rows";
        for (ConsoleMessage message : begin(rig, driver)) {
            if (message.event() == Console.RESIZE && message.port() == 0) {
                CheckEnded.requireEqual("RESIZE says", configured, message.size());
            }
        }
        rig.saw(configured);
    }

    private static void odd(Rig rig) throws IOException {
        ConsoleDriver driver = driver(rig);
        driver.control().send((byte) 1, (byte) 0, (byte) 0);
        driver.tell(new ConsoleMessage(0, UNKNOWN_EVENT, 1));
        driver.tell(new ConsoleMessage(-1, Console.PORT_READY, 1));
        driver.tell(new ConsoleMessage(-1, Console.PORT_OPEN, 1));
        CheckEnded.require(
                begin(rig, driver).stream().anyMatch(message -> message.event() == Console.DEVICE_ADD),
                "DEVICE_ADD afterwards",
                "none");
    }
}

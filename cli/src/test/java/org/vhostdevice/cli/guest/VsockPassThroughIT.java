package org.vhostdevice.cli.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `--forward-cid` and `--forward-listen`, which need a kernel with sockets of virtual machines: that of a guest in
/// User
/// Mode Linux, in which the program serves the built-in front end ([InnerGuest]). The host's side of its device is the
/// context id 1 there, the guest itself.
@Tag("guest")
class VsockPassThroughIT {
    private static final GuestDevice DEVICE = GuestDevice.VSOCK.with(List.of("vsock_loopback"), List.of());
    private static final int MEMORY_MIB = 1024;
    private static final int MUCH = 4 << 20;
    private static final int PORT = 7000;
    private static final int FREE_PORT = 7001;
    private static final int INNER_PORT = 7002;
    private static final String LENGTHS = "1 4052 4053 100000";

    @TempDir
    private Path folder;

    private BackEndProcess backEnd;
    private Guest guest;

    @BeforeEach
    void boot() throws Exception {
        GuestTools tools = GuestAvailability.require();
        backEnd = VsockBackEnd.start(folder, List.of());
        guest = new UmlGuest(tools, folder)
                .start(new GuestSpec(
                        DEVICE, backEnd.socket(), 1, VsockGuestScripts.files(tools), script(), MEMORY_MIB));
        guest.awaitReady();
    }

    @AfterEach
    void end() throws IOException {
        if (guest != null) {
            guest.close();
        }
        if (backEnd != null) {
            backEnd.close();
        }
    }

    /// Has the guest see the host's Java, its C library and this build, and start the device.
    private static String script() throws URISyntaxException {
        Path jar = HostProgram.jarOfThisBuild();
        Path classes = Path.of(InnerGuest.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        return """
                see() { mkdir $2 && mount -r -t hostfs -o $1 none $2; }
                see %s /jdk && see /lib/x86_64-linux-gnu /jdk-lib && see %s /app && see %s /classes || exit
                java="env LD_LIBRARY_PATH=/lib:/jdk-lib /jdk/bin/java -XX:TieredStopAtLevel=1"
                $java -jar /app/%s vsock --socket=/tmp/s --forward-cid=1 --forward-listen=%d &
                until [ -S /tmp/s ]; do sleep 0.1; done
                export INNER_GUEST="$java --enable-native-access=ALL-UNNAMED -cp /app/%s:/classes %s /tmp/s"
                """.formatted(
                                System.getProperty("java.home"),
                                jar.getParent(),
                                classes,
                                jar.getFileName(),
                                INNER_PORT,
                                jar.getFileName(),
                                InnerGuest.class.getName())
                + VsockGuestScripts.INTERACTIVE;
    }

    @Test
    void portsAreThoseOfAContextId() throws IOException {
        requireExchange("exchange_inner " + PORT);
        requireExchange("exchange_inner_called " + INNER_PORT);
        GuestReport messages =
                guest.submit("messages_inner " + PORT + " " + LENGTHS).await();
        messages.requireSuccess();
        assertEquals(LENGTHS, messages.value("lengths"));
        assertEquals(LENGTHS, messages.value("inner-lengths"));
        assertEquals("true", guest.query("refused_inner " + FREE_PORT, "inner-refused"));
        assertEquals("0", guest.query("refused_by_inner " + INNER_PORT, "came"));
        requireExchange("exchange_inner " + PORT);
    }

    private void requireExchange(String command) throws IOException {
        GuestReport report = guest.submit(command + " " + MUCH).await();
        report.requireSuccess();
        assertEquals(report.value("sent"), report.value("inner-came"));
        assertEquals(report.value("inner-sent"), report.value("came"));
    }
}

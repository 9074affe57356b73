package org.vhostdevice.vsock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.device.DeviceArguments.Further;
import org.vhostdevice.core.device.DevicePlace;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.device.VirtioDevice;
import picocli.CommandLine;

/// Guests by `--vm` and by `--config`, and options that lead elsewhere than to Unix sockets.
class VsockVmArgsTest {
    @TempDir
    private Path folder;

    private static VsockArgs parse(String... options) {
        VsockArgs arguments = new VsockArgs();
        CommandLine.ParseResult _ = new CommandLine(arguments).parseArgs(options);
        return arguments;
    }

    private VsockArgs config(String yaml) throws IOException {
        return parse(
                "--config", Files.writeString(folder.resolve("vms.yaml"), yaml).toString());
    }

    private static long cid(Further guest) throws Exception {
        try (VirtioDevice device = guest.arguments().open()) {
            return device.config().bytes()[0];
        }
    }

    private String vm(int cid, String more) {
        return "guest-cid=" + cid + ",socket=" + folder.resolve("s" + cid) + ",uds-path=" + folder.resolve("h" + cid)
                + more;
    }

    @Test
    void everyVmIsAGuest() throws Exception {
        List<Further> guests = parse(
                        "--vm", vm(7, ",tx-buffer-size=4096,queue_size=64,groups=a+b,forward=guest:1=tcp:127.0.0.1:2"),
                        "--vm", vm(8, ""))
                .further();
        assertEquals(
                List.of(new DevicePlace.File(folder.resolve("s7")), new DevicePlace.File(folder.resolve("s8"))),
                guests.stream().map(Further::place).toList());
        assertEquals(7, cid(guests.getFirst()));
        assertEquals(8, cid(guests.getLast()));
    }

    @Test
    void fileListsGuestsAsVhostDeviceVsockDoes() throws Exception {
        List<Further> guests = config("""
                        vms:
                            - guest_cid: 3
                              socket: %1$s/vhost3.socket
                              uds_path: %1$s/vm3.vsock
                              tx_buffer_size: 65536
                              queue_size: 1024
                              groups: group1+groupA
                            - guest-cid: 4
                              socket: "%1$s/vhost4.socket"
                              uds-path: %1$s/vm4.vsock
                              forward: [guest:80=tcp:127.0.0.1:80, guest:81=tcp:127.0.0.1:80]
                        """.formatted(folder)).further();
        assertEquals(
                List.of(
                        new DevicePlace.File(folder.resolve("vhost3.socket")),
                        new DevicePlace.File(folder.resolve("vhost4.socket"))),
                guests.stream().map(Further::place).toList());
        assertEquals(3, cid(guests.getFirst()));
        assertEquals(4, cid(guests.getLast()));
    }

    @Test
    void twoGuestsHaveTwoContextIds() throws Exception {
        List<Further> guests = parse("--vm", vm(7, ""), "--vm", vm(7, "x")).further();
        try (VirtioDevice _ = guests.getFirst().arguments().open()) {
            UsageException e = assertThrows(
                    UsageException.class, () -> guests.getLast().arguments().open());
            assertEquals("two guests have the context id 7", e.getMessage());
            assertFalse(Files.exists(folder.resolve("h7x")));
        }
        try (VirtioDevice _ = guests.getLast().arguments().open()) {
            assertTrue(Files.exists(folder.resolve("h7x")));
        }
    }

    @Test
    void noGuestIsNamedUnlessSomebodyNamesOne() throws Exception {
        assertEquals(List.of(), parse("--uds-path", "x").further());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "uds-path=/x",
                "socket=/x",
                "socket=/x,uds-path=/y,guest-cid=2",
                "socket=/x,uds-path=/y,guest-cid=many",
                "socket=/x,uds-path=/y,nonsense=1",
                "socket=/x,uds-path=/y,groups=a++b",
                "socket=/x,uds-path=/y,vm=socket=/z",
                "socket=/x,uds-path=/y,config=/z",
                "socket=/x,uds-path=/y,forward-cid=3"
            })
    void wrongVmIsAUsageErrorOfOneLine(String text) {
        requireOneLine("--vm " + text, parse("--vm", text));
    }

    private static void requireOneLine(String begin, VsockArgs arguments) {
        String message = assertThrows(UsageException.class, arguments::further).getMessage();
        assertTrue(message.startsWith(begin), message);
        assertEquals(1, message.lines().count(), message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "vms:",
                "vms: []",
                "vms: x",
                "guests: []",
                "vms: [x]",
                "vms: [{guest_cid: 3}]",
                "vms: [{socket: }]",
                "vms: [{socket: {a: b}}]",
                "vms: [{socket: /x, uds_path: /y, guest_cid: 1}]",
                "vms: [{socket: /x, uds_path: /y, unknown: 1}]",
                "vms: [",
                "\t"
            })
    void wrongFileIsAUsageErrorOfOneLine(String yaml) throws IOException {
        requireOneLine("--config " + folder.resolve("vms.yaml"), config(yaml));
    }

    @Test
    void missingFileIsAUsageError() {
        requireOneLine("--config /no/such/file", parse("--config", "/no/such/file"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "--uds-path=/x --forward-cid=3",
                "--uds-path=/x --forward-listen=3",
                "--forward-cid=-1",
                "--forward-cid=4294967295",
                "--forward-cid=3 --forward-listen=",
                "--forward-cid=3 --forward-listen=1+x",
                "--forward-cid=3 --forward-listen=1+4294967295",
                "--uds-path=/x --forward=guest:1",
                "--uds-path=/x --forward=guest:1=tcp:a:1 --forward=guest:1=tcp:b:2",
                "--uds-path=/x --listen=guest:1=tcp:a:1",
                "--uds-path=/x --groups=",
                "--uds-path=/x --groups=a+"
            })
    void wrongOptionsAreUsageErrorsOfOneLine(String options) {
        VsockArgs arguments = parse(options.isEmpty() ? new String[0] : options.split(" ", -1));
        List<String> lines = new ArrayList<>();
        lines.addAll(assertThrows(UsageException.class, arguments::check)
                .getMessage()
                .lines()
                .toList());
        assertEquals(1, lines.size(), lines.toString());
    }

    @Test
    void placesOfTcpAreEnough() throws Exception {
        try (VirtioDevice device = parse("--listen=tcp:127.0.0.1:0=guest:22").open()) {
            assertEquals(3, device.queueCount());
        }
    }
}

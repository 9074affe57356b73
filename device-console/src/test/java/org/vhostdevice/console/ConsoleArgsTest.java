package org.vhostdevice.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.console.end.Backend;
import org.vhostdevice.console.end.EndOptions;
import org.vhostdevice.console.end.EndOptions.Rotation;
import org.vhostdevice.console.end.TelnetMode;
import org.vhostdevice.console.port.PortTraits;
import org.vhostdevice.console.port.TerminalSize;
import org.vhostdevice.core.device.DeviceArguments;
import org.vhostdevice.core.device.DevicePlace;
import org.vhostdevice.core.device.UsageException;
import picocli.CommandLine;

/// Options and what they say.
class ConsoleArgsTest {
    private static ConsoleArgs args(String... words) {
        ConsoleArgs args = new ConsoleArgs();
        new CommandLine(CommandLine.Model.CommandSpec.forAnnotatedObjectLenient(args))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .parseArgs(words);
        return args;
    }

    private static ConsoleConfig parse(String... words) throws UsageException {
        return args(words).config();
    }

    private static PortSpec port(String text) throws UsageException {
        return parse("--port", text).ports().getFirst();
    }

    @Test
    void portWithoutANameIsAConsoleAndNeedsNoControlQueues() throws UsageException {
        ConsoleConfig config = parse("--port", "backend=null");
        assertEquals(1, config.mostPorts());
        assertEquals(1024, config.queueSize());
        assertFalse(config.multiport());
        PortSpec port = config.ports().getFirst();
        assertEquals(PortTraits.of(""), port.traits());
        assertEquals(EndOptions.DEFAULT.scrollback(), port.options().scrollback());
        assertEquals(new Backend.Null(), port.backend());
    }

    @Test
    void severalPortsNamesAndRoomForMoreNeedControlQueues() throws UsageException {
        assertTrue(parse("--port", "backend=null", "--port", "backend=null").multiport());
        assertTrue(parse("--port", "backend=null,name=agent").multiport());
        assertTrue(parse("--port", "backend=null,console=off").multiport());
        ConsoleConfig roomy = parse("--port", "backend=null", "--max-ports", "512");
        assertTrue(roomy.multiport());
        assertEquals(512, roomy.mostPorts());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "unix:/run/c.sock, UnixServer[path=/run/c.sock]",
        "unix-client:c.sock, UnixClient[path=c.sock]",
        "tcp:127.0.0.1:80, 'TcpServer[host=127.0.0.1, port=80]'",
        "tcp:80, 'TcpServer[host=, port=80]'",
        "tcp::80, 'TcpServer[host=, port=80]'",
        "tcp:[::1]:80, 'TcpServer[host=::1, port=80]'",
        "tcp-client:example.org:65535, 'TcpClient[host=example.org, port=65535]'",
        "file:out.log, File[path=out.log]",
        "fd:7, Fd[number=7]",
        "syslog, Syslog[]",
        "null, Null[]"
    })
    void everyBackendIsTaken(String text, String backend) throws UsageException {
        assertEquals(backend, port("backend=" + text).backend().toString());
    }

    @Test
    void everyKeyIsTaken() throws UsageException {
        PortSpec server = port("name=tty,backend=unix:a,,b,console,log=x.log,overflow=drop-oldest,buffer=4K,"
                + "scrollback=64K,telnet=on,stall=9,rotate=1M,keep=5,timestamps,size=80x24");
        assertEquals(new PortTraits("tty", true, true, 4096, new TerminalSize(80, 24)), server.traits());
        assertEquals(new Backend.UnixServer(Path.of("a,b")), server.backend());
        assertEquals(
                new EndOptions(
                        "tty",
                        TelnetMode.ON,
                        64 << 10,
                        1_000_000_000,
                        9_000_000_000L,
                        new Rotation(1 << 20, 5, true),
                        Path.of("x.log")),
                server.options());
        assertEquals(
                5_000_000_000L,
                port("backend=tcp-client:1,reconnect=5").options().retryNanos());
        assertEquals(60_000_000_000L, port("backend=tcp:1").options().stallNanos());
        assertEquals(0, port("backend=tcp:1,stall=0").options().stallNanos());
        assertEquals(3, port("backend=file:x,rotate=1K").options().rotation().keep());
    }

    @Test
    void withoutPortsThereIsOneConsoleOnATerminal() throws UsageException {
        assertEquals(new Backend.Stdio(), parse().ports().getFirst().backend());
        assertEquals(
                new Backend.PseudoTerminal(Path.of("a,b")),
                parse("--pty-link", "a,b").ports().getFirst().backend());
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "'backend=unix:s', AUTO",
        "'backend=unix:s,name=n', OFF",
        "'backend=unix:s,name=n,console', AUTO",
        "'backend=unix:s,telnet=off', OFF",
        "'backend=tcp:1,telnet', ON",
        "'backend=tcp:1,name=n,telnet=auto', AUTO",
        "'backend=null', OFF"
    })
    void telnetIsForConsolesUnlessSaidOtherwise(String text, TelnetMode mode) throws UsageException {
        assertEquals(mode, port(text).options().telnet());
    }

    @Test
    void optionsForAllPorts() throws UsageException {
        ConsoleConfig config = parse(
                "--overflow=drop-oldest",
                "--port",
                "backend=null",
                "--port",
                "backend=null,overflow=block,name=b",
                "-q",
                "64");
        assertTrue(config.ports().get(0).traits().dropOldest());
        assertFalse(config.ports().get(1).traits().dropOldest());
        assertEquals(64, config.queueSize());
        assertEquals(
                Path.of("a,b"),
                parse("--port", "backend=null", "--log", "a,b")
                        .ports()
                        .getFirst()
                        .options()
                        .logPath());
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = ';',
            value = {
                "name=n; backend is missing",
                "backend=foo; is none of stdio, pty, unix:PATH",
                "backend=; is none of",
                "backend; needs a value",
                "backend=null,backend=null; given twice",
                "backend=null,foo=1; no 'foo'",
                "backend=null,; no ''",
                "backend=null:x; nothing goes behind null",
                "backend=unix:; the path is missing",
                "backend=file; the path is missing",
                "backend=fd:x; not a number",
                "backend=fd:-1; not a number",
                "backend=tcp:host; not a number",
                "backend=tcp:host:0; 1 to 65535",
                "backend=tcp-client:host:65536; 1 to 65535",
                "backend=null,name=a/b; without '/'",
                "backend=null,name=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; 64 bytes",
                "backend=null,console=maybe; on or off",
                "backend=null,log=; needs a path",
                "backend=null,overflow=lose; block or drop-oldest",
                "backend=null,buffer=4K; goes with overflow=drop-oldest",
                "backend=null,overflow=drop-oldest,buffer=2G; at most 1G",
                "backend=null,overflow=drop-oldest,buffer=x; is not a size",
                "backend=null,scrollback=4K; goes with a socket",
                "backend=unix-client:s,telnet; goes with a socket that clients connect to",
                "backend=unix:s,telnet=maybe; on, off or auto",
                "backend=unix:s,reconnect=1; goes with unix-client",
                "backend=unix-client:s,reconnect=0; 1 to 3600",
                "backend=null,stall=1; goes with sockets",
                "backend=null,rotate=1K; goes with backend=file and log",
                "backend=null,timestamps; goes with backend=file and log",
                "backend=file:f,keep=2; goes with rotate",
                "backend=file:f,rotate=1K,keep=1001; 0 to 1000",
                "backend=null,size=80; such as 80x24",
                "backend=null,size=0x24; 1 to 65535",
                "backend=null,size=80x70000; 1 to 65535"
            })
    void portThatCannotBeIsRefused(String text, String words) {
        var e = assertThrows(UsageException.class, () -> parse("--port", text));
        String message = String.valueOf(e.getMessage());
        assertTrue(message.contains(words), message);
        assertTrue(message.startsWith("--port " + text + ": "), message);
        assertEquals(1, message.lines().count(), message);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = ';',
            value = {
                "--port backend=null --max-ports 0; --max-ports must be 1 to 512",
                "--port backend=null --max-ports 513; --max-ports must be 1 to 512",
                "--port backend=null --max-queue-size 100; power of two",
                "--port backend=null --max-queue-size 65536; power of two",
                "--port backend=null --overflow lose; --overflow must be block or drop-oldest",
                "--port backend=null,name=a --port backend=null,name=a; two ports have the name 'a'",
                "--port backend=null --port backend=null --log x; --log goes with one port",
                "--port backend=null --pty-link x; --pty-link goes without --port",
                "--backend network; --socket-path",
                "--tcp-port 1; --socket-path"
            })
    void optionsThatCannotBeAreRefused(String options, String words) {
        var e = assertThrows(UsageException.class, () -> parse(options.split(" ")));
        assertTrue(String.valueOf(e.getMessage()).contains(words), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"--max-ports=x", "--queue-size=x", "--tcp-port=x", "--foo"})
    void whatTheParserDoesNotKnowIsRefused(String option) {
        assertThrows(CommandLine.ParameterException.class, () -> parse("--port=backend=null", option));
    }

    @Test
    void optionsOfRustVmmMakeNumberedDevices() throws UsageException {
        List<DeviceArguments.Further> devices = args(
                        "--backend", "network", "--tcp-port", "3000", "--socket-count", "2", "--max-queue-size", "128")
                .inPlaceOf(Path.of("/tmp/con.sock"));
        assertEquals(
                List.of(DevicePlace.ofPath("/tmp/con.sock0"), DevicePlace.ofPath("/tmp/con.sock1")),
                devices.stream().map(DeviceArguments.Further::place).toList());
        assertTrue(devices.getLast().arguments().toString().contains("port=3001"));
        assertNotNull(args("-b", "network", "-p", "1", "-c", "1").inPlaceOf(Path.of("s")));
        assertTrue(
                args("--backend", "nested").inPlaceOf(Path.of("s")).toString().contains("Stdio"));
        assertEquals(List.of(), args("--port", "backend=null").inPlaceOf(Path.of("s")));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = ';',
            value = {
                "--backend network --socket-count 0; --socket-count must be 1 to 256",
                "--backend network --tcp-port 0; --tcp-port must be 1 to 65535",
                "--backend network --tcp-port 65535 --socket-count 2; 1 to 65534 for 2 devices",
                "--backend foo; --backend must be nested or network",
                "--backend nested --socket-count 2; go with --backend network",
                "--tcp-port 3000; go with --backend network",
                "--backend network --port backend=null; go without --port"
            })
    void optionsOfRustVmmThatCannotBeAreRefused(String options, String words) {
        var e = assertThrows(
                UsageException.class, () -> args(options.split(" ")).inPlaceOf(Path.of("s")));
        assertTrue(String.valueOf(e.getMessage()).contains(words), e.getMessage());
    }
}

package org.vhostdevice.console;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.DeviceArguments;
import org.vhostdevice.core.device.DevicePlace;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.device.VirtioDevice;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The options of `vhost-device console` as typed.
final class ConsoleArgs implements DeviceArguments {
    @Option(
            names = "--port",
            paramLabel = "OPTIONS",
            description =
                    "A port: backend=stdio, pty, unix:PATH, unix-client:PATH, tcp:HOST:PORT, tcp-client:HOST:PORT,"
                            + " file:PATH, fd:N, syslog or null, and options behind commas: name=NAME (a serial port"
                            + " /dev/virtio-ports/NAME; without a name it is a console), console, link=PATH (of a pty), log=FILE,"
                            + " overflow=block|drop-oldest, buffer=SIZE, scrollback=SIZE, telnet[=on|off|auto],"
                            + " reconnect=SECONDS, stall=SECONDS,"
                            + " rotate=SIZE, keep=N, timestamps, size=COLUMNSxROWS. A comma in a value is written twice."
                            + " Repeatable; the first one is port 0. Without this option: one console, backend=stdio.")
    private List<String> ports = List.of();

    @Option(
            names = "--overflow",
            paramLabel = "block|drop-oldest",
            description = "What becomes of output that a host end does not take: block (the guest waits) or drop-oldest"
                    + " (default: block).")
    private @Nullable String overflow;

    @Option(
            names = "--log",
            paramLabel = "FILE",
            description = "Add all output of the only port to FILE too; with several ports give log=FILE in --port.")
    private @Nullable Path log;

    @Option(
            names = "--pty-link",
            paramLabel = "PATH",
            description =
                    "In place of --port: one console on a pseudo-terminal, to which a symbolic link at PATH leads.")
    private @Nullable Path ptyLink;

    @Option(
            names = "--max-ports",
            paramLabel = "N",
            description = "How many ports the guest makes room for, up to 512 (default: as many as there are).")
    private @Nullable Integer mostPorts;

    @Option(
            names = {"--queue-size", "--max-queue-size", "-q"},
            paramLabel = "N",
            defaultValue = "1024",
            description = "The largest ring a front end may use, a power of two (default: ${DEFAULT-VALUE}).")
    private int queueSize;

    @Mixin
    private final ConsoleLegacyArgs legacy = new ConsoleLegacyArgs();

    @Override
    public VirtioDevice open() throws UsageException, IOException {
        return ConsoleDevice.open(config());
    }

    @Override
    public List<Further> inPlaceOf(Path socket) throws UsageException {
        if (!legacy.isGiven()) {
            return List.of();
        }
        if (!ports.isEmpty() || log != null || ptyLink != null) {
            throw new UsageException(
                    "--backend, --tcp-port and --socket-count go without --port, --pty-link and --log");
        }
        List<Further> all = new ArrayList<>();
        List<String> texts = legacy.ports();
        for (int i = 0; i < texts.size(); i++) {
            all.add(new Further(DevicePlace.ofPath(socket.toString() + i), new Ready(config(List.of(texts.get(i))))));
        }
        return all;
    }

    /// Arguments that are checked.
    private record Ready(ConsoleConfig config) implements DeviceArguments {
        @Override
        public VirtioDevice open() throws IOException {
            return ConsoleDevice.open(config);
        }
    }

    /// What the options say.
    ///
    /// @throws UsageException if they are wrong
    ConsoleConfig config() throws UsageException {
        if (legacy.isGiven()) {
            throw new UsageException("--backend, --tcp-port and --socket-count go with --socket-path PATH");
        }
        if (ptyLink != null && !ports.isEmpty()) {
            throw new UsageException("--pty-link goes without --port; give link=PATH in --port");
        }
        if (ptyLink != null) {
            return config(List.of("backend=pty,link=" + escaped(ptyLink)));
        }
        return config(ports.isEmpty() ? List.of("backend=stdio") : ports);
    }

    private ConsoleConfig config(List<String> texts) throws UsageException {
        Overflow mode = overflow();
        List<PortSpec> specs = new ArrayList<>();
        for (String text : texts) {
            specs.add(port(text, mode));
        }
        if (log != null) {
            if (specs.size() > 1) {
                throw new UsageException("--log goes with one port; give log=FILE in --port");
            }
            specs.set(0, port(texts.getFirst() + ",log=" + escaped(log), mode));
        }
        try {
            return new ConsoleConfig(specs, mostPorts == null ? specs.size() : mostPorts, queueSize);
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
    }

    private static String escaped(Path path) {
        return path.toString().replace(",", ",,");
    }

    private Overflow overflow() throws UsageException {
        try {
            return overflow == null ? Overflow.BLOCK : Overflow.parse(overflow);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--overflow must be " + e.getMessage());
        }
    }

    private static PortSpec port(String text, Overflow mode) throws UsageException {
        try {
            return PortParser.parse(text, mode);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--port " + text + ": " + e.getMessage());
        }
    }
}

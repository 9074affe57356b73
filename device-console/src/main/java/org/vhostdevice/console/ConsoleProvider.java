package org.vhostdevice.console;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.vhostdevice.console.port.Ports;
import org.vhostdevice.core.device.DeviceArguments;
import org.vhostdevice.core.device.DeviceProvider;
import org.vhostdevice.core.device.DeviceType;

/// Makes console devices known to the command line.
public final class ConsoleProvider implements DeviceProvider {
    /// Called by the service loader.
    public ConsoleProvider() {}

    @Override
    public String name() {
        return "console";
    }

    @Override
    public String summary() {
        return "Connect consoles and serial ports of a virtual machine with terminals, sockets and files of the host";
    }

    @Override
    public DeviceType type() {
        return DeviceType.CONSOLE;
    }

    @Override
    public Map<Integer, String> featureNames() {
        return Map.of(Ports.F_SIZE, "SIZE", Ports.F_MULTIPORT, "MULTIPORT", Ports.F_EMERG_WRITE, "EMERG_WRITE");
    }

    @Override
    public List<Callable<Integer>> commands() {
        return List.of(new AttachArgs());
    }

    @Override
    public List<String> example(Path folder) {
        return List.of("--port", "backend=unix:" + folder.resolve("port"));
    }

    @Override
    public DeviceArguments arguments() {
        return new ConsoleArgs();
    }
}

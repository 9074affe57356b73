package org.vhostdevice.cli.guest;

import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/// Scripts for guests with a socket device.
final class VsockGuestScripts {
    /// Stays up and runs the functions of `guest/vsock/agent.py`: their name and numbers as arguments are a command.
    static final String INTERACTIVE = "stty -echo\nexec python3 /vsock/agent.py\n";

    private static final String AGENT = "vsock/agent.py";

    private VsockGuestScripts() {}

    /// The files of the script.
    static Map<String, byte[]> files(GuestTools tools) throws IOException {
        Map<String, byte[]> files = new TreeMap<>(GuestPython.files(tools));
        files.put(AGENT, GuestResource.bytes(AGENT));
        return files;
    }
}

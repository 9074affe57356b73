package org.vhostdevice.vsock;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.DeviceArguments.Further;
import org.vhostdevice.core.device.DeviceText;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.vsock.host.Siblings;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/// One more guest, as `--vm` or an entry of a file names it: a socket and options of the command, with `-` or `_`
/// between
/// the words of their names.
final class VsockVmArgs {
    private static final Set<String> OF_PROCESS = Set.of("--vm", "--config");

    private VsockVmArgs() {}

    /// The guest that a text names.
    ///
    /// @param place where the text is, for messages
    /// @throws UsageException if it names none
    static Further further(String place, DeviceText text, Siblings siblings) throws UsageException {
        List<String> options = new ArrayList<>();
        for (String option : text.options()) {
            String[] parts = option.split("=", 2);
            String name = parts[0].replace('_', '-');
            if (OF_PROCESS.contains(name)) {
                throw new UsageException(place + ": a guest has no guests");
            }
            options.add(parts.length == 1 ? name : name + "=" + parts[1]);
        }
        VsockArgs arguments = new VsockArgs(siblings);
        try {
            var _ = new CommandLine(arguments).parseArgs(options.toArray(String[]::new));
            arguments.check();
        } catch (ParameterException e) {
            throw new UsageException(place + ": " + firstLine(e.getMessage()));
        } catch (UsageException e) {
            throw new UsageException(place + ": " + e.getMessage());
        }
        return new Further(text.place(), arguments);
    }

    private static String firstLine(@Nullable String message) {
        return String.valueOf(message).lines().findFirst().orElse("");
    }
}

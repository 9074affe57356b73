package org.vhostdevice.blk;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.DeviceArguments.Further;
import org.vhostdevice.core.device.UsageException;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/// The text behind `--disk`: a socket and options of the command, without their dashes and separated by commas.
final class BlkDiskArgs {
    private static final String SOCKET = "socket=";
    private static final String DISK = "disk";

    private BlkDiskArgs() {}

    /// The disk that a text names.
    ///
    /// @throws UsageException if it names none
    static Further parse(String text) throws UsageException {
        String socket = null;
        List<String> options = new ArrayList<>();
        for (String part : split(text)) {
            if (part.startsWith(SOCKET)) {
                socket = part.substring(SOCKET.length());
            } else if (part.equals(DISK) || part.startsWith(DISK + "=")) {
                throw new UsageException("--disk " + text + ": a disk has no disks");
            } else {
                options.add("--" + part);
            }
        }
        if (socket == null || socket.isEmpty()) {
            throw new UsageException("--disk " + text + ": socket=PATH is missing");
        }
        return new Further(Path.of(socket), arguments(text, options));
    }

    private static BlkArgs arguments(String text, List<String> options) throws UsageException {
        BlkArgs arguments = new BlkArgs();
        try {
            var _ = new CommandLine(arguments)
                    .setCaseInsensitiveEnumValuesAllowed(true)
                    .parseArgs(options.toArray(String[]::new));
        } catch (ParameterException e) {
            throw new UsageException("--disk " + text + ": " + message(e));
        }
        return arguments;
    }

    private static String message(ParameterException e) {
        @Nullable String message = e.getMessage();
        return message == null
                ? "cannot be understood"
                : message.lines().findFirst().orElse("");
    }

    /// The parts between single commas; two commas are one in a part.
    private static List<String> split(String text) {
        List<String> parts = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) != ',') {
                part.append(text.charAt(i));
            } else if (i + 1 < text.length() && text.charAt(i + 1) == ',') {
                part.append(',');
                i++;
            } else {
                parts.add(part.toString());
                part.setLength(0);
            }
        }
        parts.add(part.toString());
        return parts;
    }
}

package org.vhostdevice.blk;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.DeviceArguments.Further;
import org.vhostdevice.core.device.DeviceText;
import org.vhostdevice.core.device.UsageException;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/// The text behind `--disk`: a socket and options of the command, without their dashes and separated by commas.
final class BlkDiskArgs {
    private static final String OPTION = "--disk";

    private BlkDiskArgs() {}

    /// The disk that a text names.
    ///
    /// @throws UsageException if it names none
    static Further parse(String text) throws UsageException {
        DeviceText disk = DeviceText.parse(OPTION, text);
        if (disk.options().stream().anyMatch(option -> option.equals(OPTION) || option.startsWith(OPTION + "="))) {
            throw new UsageException(OPTION + " " + text + ": a disk has no disks");
        }
        return new Further(disk.place(), arguments(text, disk.options()));
    }

    private static BlkArgs arguments(String text, List<String> options) throws UsageException {
        BlkArgs arguments = new BlkArgs();
        try {
            var _ = new CommandLine(arguments)
                    .setCaseInsensitiveEnumValuesAllowed(true)
                    .parseArgs(options.toArray(String[]::new));
        } catch (ParameterException e) {
            throw new UsageException(OPTION + " " + text + ": " + message(e));
        }
        return arguments;
    }

    private static String message(ParameterException e) {
        @Nullable String message = e.getMessage();
        return message == null
                ? "cannot be understood"
                : message.lines().findFirst().orElse("");
    }
}

package org.vhostdevice.core.device;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// A device's options as typed, with picocli annotations on fields of the implementing class.
public interface DeviceArguments {
    /// Confines the process to what the device needs, if the options say so. Called once, before [#open].
    ///
    /// @param start of the process
    /// @throws UsageException if options are wrong or contradict each other (exit code 2)
    /// @throws IOException if the host cannot do what they demand (exit code 1)
    default void prepare(StartUp start) throws UsageException, IOException {}

    /// Checks the options and makes the device.
    ///
    /// @return the device; the caller closes it
    /// @throws UsageException if options are wrong or contradict each other (exit code 2)
    /// @throws IOException if the host cannot provide what they name (exit code 1)
    VirtioDevice open() throws UsageException, IOException;

    /// Checks the options that name further devices, each with a socket of its own, and says how to make them.
    ///
    /// @return none, unless such options were given
    /// @throws UsageException if options are wrong or contradict each other (exit code 2)
    default List<Further> further() throws UsageException {
        return List.of();
    }

    /// Says which devices are served in place of one on the socket that the command line names.
    ///
    /// @param socket that it names
    /// @return none to serve the device of these options there
    /// @throws UsageException if options are wrong or contradict each other (exit code 2)
    default List<Further> inPlaceOf(Path socket) throws UsageException {
        return List.of();
    }

    /// A further device.
    ///
    /// @param place where it is served
    /// @param arguments make it
    record Further(DevicePlace place, DeviceArguments arguments) {}
}

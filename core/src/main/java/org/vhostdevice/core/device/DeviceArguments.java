package org.vhostdevice.core.device;

import java.io.IOException;

/// A device's options as typed, with picocli annotations on fields of the implementing class.
public interface DeviceArguments {
    /// Checks the options and makes the device.
    ///
    /// @return the device; the caller closes it
    /// @throws UsageException if options are wrong or contradict each other (exit code 2)
    /// @throws IOException if the host cannot provide what they name (exit code 1)
    VirtioDevice open() throws UsageException, IOException;
}

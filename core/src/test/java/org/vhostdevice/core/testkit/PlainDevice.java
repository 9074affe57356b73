package org.vhostdevice.core.testkit;

import java.io.IOException;
import org.vhostdevice.core.device.DeviceType;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.device.VirtioDevice;

/// A device with one queue and no features, which gives chains back as they came. Tests override what they look at.
public class PlainDevice implements VirtioDevice {
    /// Makes a device.
    public PlainDevice() {}

    @Override
    public DeviceType type() {
        return new DeviceType("rng", 4);
    }

    @Override
    public int queueCount() {
        return 1;
    }

    @Override
    public long features() {
        return 0;
    }

    @Override
    public QueueHandler start(QueueContext context) throws IOException {
        return chain -> chain.complete(0);
    }

    @Override
    public void close() {}
}

package org.vhostdevice.core.testkit;

import org.vhostdevice.core.device.DeviceArguments;
import org.vhostdevice.core.device.DeviceProvider;
import org.vhostdevice.core.device.DeviceType;
import org.vhostdevice.core.device.VirtioDevice;

/// Offers [RngTestDevice] as a service, as a device module does: nothing else knows it.
public final class RngTestProvider implements DeviceProvider {
    /// Called by the service loader.
    public RngTestProvider() {}

    @Override
    public String name() {
        return "rng-test";
    }

    @Override
    public String summary() {
        return "Entropy for tests, always the same";
    }

    @Override
    public DeviceType type() {
        return new DeviceType("rng", 4);
    }

    @Override
    public DeviceArguments arguments() {
        return new Arguments();
    }

    /// No options at all.
    private static final class Arguments implements DeviceArguments {
        @Override
        public VirtioDevice open() {
            return new RngTestDevice(1, RngTestDevice.Completion.AT_ONCE);
        }
    }
}

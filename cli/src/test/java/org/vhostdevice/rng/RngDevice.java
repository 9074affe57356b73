package org.vhostdevice.rng;

import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;
import org.vhostdevice.core.device.DeviceType;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.device.VirtioDevice;

/// An entropy device (VIRTIO 1.4, 5.4): fills what its driver offers with random bytes.
///
/// @param maxBytes how many at most for one request
public record RngDevice(int maxBytes) implements VirtioDevice {
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
    public QueueHandler start(QueueContext context) {
        SecureRandom source = new SecureRandom();
        byte[] bytes = new byte[maxBytes];
        return chain -> {
            long length = Math.min(chain.writable().length(), maxBytes);
            source.nextBytes(bytes);
            chain.writable().write(0, MemorySegment.ofArray(bytes), length);
            chain.complete(length);
        };
    }

    @Override
    public void close() {}
}

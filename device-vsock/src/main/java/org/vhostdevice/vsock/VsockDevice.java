package org.vhostdevice.vsock;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.vhostdevice.core.device.ConfigSpace;
import org.vhostdevice.core.device.DeviceState;
import org.vhostdevice.core.device.DeviceType;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.vsock.queue.VsockFeature;
import org.vhostdevice.vsock.queue.VsockQueues;

/// A virtio socket device (VIRTIO 1.4, 5.10): the guest's connections with its host. One thread serves all queues,
/// since each connection uses two of them.
final class VsockDevice implements VirtioDevice {
    private final VsockConfig config;
    private final VsockQueues queues;

    /// Makes a device.
    ///
    /// @param queues closed with the device
    VsockDevice(VsockConfig config, VsockQueues queues) {
        this.config = config;
        this.queues = queues;
    }

    @Override
    public DeviceType type() {
        return DeviceType.VSOCK;
    }

    @Override
    public int queueCount() {
        return VsockQueues.COUNT;
    }

    @Override
    public int maxQueueSize() {
        return config.queueSize();
    }

    @Override
    public long features() {
        return VirtioDevice.feature(VsockFeature.STREAM)
                | VirtioDevice.feature(VsockFeature.SEQPACKET)
                | VirtioDevice.feature(VsockFeature.NO_IMPLIED_STREAM);
    }

    @Override
    public ConfigSpace config() {
        return new VsockConfigSpace(config.guestCid());
    }

    /// {@return nothing: connections do not move with the guest, which is told so where it arrives}
    @Override
    public DeviceState state() {
        return new DeviceState() {
            @Override
            public void save(OutputStream to) {}

            @Override
            public void load(InputStream from) throws IOException {
                NONE.load(from);
                queues.reset(true);
            }
        };
    }

    @Override
    public int worker(int queue) {
        return 0;
    }

    @Override
    public QueueHandler start(QueueContext context) throws IOException {
        return queues.start(context);
    }

    @Override
    public void reset() {
        queues.reset(false);
    }

    @Override
    public void close() {
        queues.close();
    }
}

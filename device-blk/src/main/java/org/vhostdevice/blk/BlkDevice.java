package org.vhostdevice.blk;

import java.io.IOException;
import org.vhostdevice.blk.backend.Medium;
import org.vhostdevice.core.device.ConfigSpace;
import org.vhostdevice.core.device.DeviceType;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.device.VirtioDevice;

/// A virtio block device (VIRTIO 1.4, 5.2) on a raw image, or on nothing. Each queue has a worker of its own; all share
/// the medium.
final class BlkDevice implements VirtioDevice {
    private final BlkConfig config;
    private final Medium medium;
    private final ConfigSpace configSpace;

    /// Opens the medium.
    ///
    /// @throws IOException if it cannot be served
    BlkDevice(BlkConfig config) throws IOException {
        this.config = config;
        medium = Medium.open(config.medium(), config.logicalBlockSize());
        configSpace = new BlkConfigSpace(medium.size() / BlkRequestExecutor.SECTOR_BYTES, config);
    }

    @Override
    public DeviceType type() {
        return DeviceType.BLOCK;
    }

    @Override
    public int queueCount() {
        return config.numQueues();
    }

    @Override
    public int maxQueueSize() {
        return config.queueSize();
    }

    @Override
    public long features() {
        long features = 0;
        for (BlkFeature feature : BlkFeature.values()) {
            if (feature != BlkFeature.RO || medium.readOnly()) {
                features |= feature.mask();
            }
        }
        return features;
    }

    @Override
    public ConfigSpace config() {
        return configSpace;
    }

    @Override
    public QueueHandler start(QueueContext context) {
        boolean flushNegotiated = context.features().has(BlkFeature.FLUSH.bit());
        return new BlkRequestExecutor(medium.backend(), config.serial(), flushNegotiated);
    }

    @Override
    public void close() {
        medium.close();
    }
}

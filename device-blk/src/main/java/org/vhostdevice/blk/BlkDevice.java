package org.vhostdevice.blk;

import java.io.IOException;
import java.lang.System.Logger.Level;
import org.vhostdevice.blk.queue.BlkQueue;
import org.vhostdevice.blk.queue.Disk;
import org.vhostdevice.blk.queue.EngineKind;
import org.vhostdevice.blk.queue.Throttle;
import org.vhostdevice.blk.queue.WriteCache;
import org.vhostdevice.blk.storage.DirectStorage;
import org.vhostdevice.blk.storage.Storage;
import org.vhostdevice.core.device.ConfigSpace;
import org.vhostdevice.core.device.DeviceType;
import org.vhostdevice.core.device.IoThreads;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.core.virtqueue.FeatureSet;

/// A virtio block device (VIRTIO 1.4, 5.2). Each queue has a worker of its own; all share the medium.
final class BlkDevice implements VirtioDevice {
    private static final System.Logger LOG = System.getLogger("org.vhostdevice.blk");

    /// Enough to keep a disk busy and a server's connections full.
    private static final int MAX_THREADS = 64;

    private final BlkConfig config;
    private final Storage storage;
    private final IoThreads threads = new IoThreads(MAX_THREADS, "vhost-block");
    private final Disk disk;
    private final ConfigSpace configSpace;
    private volatile Runnable configChanged = () -> {};

    /// Opens the medium.
    ///
    /// @throws IOException if it cannot be served
    BlkDevice(BlkConfig config) throws IOException {
        this.config = config;
        MediumOptions options = config.options();
        storage = MediumOpener.open(config.medium(), options, config.logicalBlockSize());
        disk = new Disk(
                storage,
                Disk.id(config.serial()),
                new WriteCache(options.cache().writeback()),
                config.policy(),
                config.limits().any() ? new Throttle(config.limits(), System.nanoTime()) : null,
                new Disk.Host(threads, threads::after));
        configSpace = new BlkConfigSpace(config, disk);
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
    public boolean transfersFiles() {
        return config.policy().engine() != EngineKind.THREADS && storage instanceof DirectStorage;
    }

    @Override
    public int maxQueueSize() {
        return config.queueSize();
    }

    @Override
    public long features() {
        long features = 0;
        for (BlkFeature feature : BlkFeature.values()) {
            boolean offered = switch (feature) {
                case RO -> storage.readOnly();
                case WRITE_ZEROES -> !storage.readOnly();
                case DISCARD -> !storage.readOnly() && config.policy().mayUnmap();
                default -> true;
            };
            features |= offered ? feature.mask() : 0;
        }
        return features;
    }

    @Override
    public ConfigSpace config() {
        return configSpace;
    }

    @Override
    public void negotiated(FeatureSet features) {
        disk.cache().negotiated(features.has(BlkFeature.CONFIG_WCE.bit()), features.has(BlkFeature.FLUSH.bit()));
    }

    @Override
    public void observe(Runnable configChanged) {
        this.configChanged = configChanged;
    }

    /// Takes up another size of the medium, if somebody has changed it.
    @Override
    public void reload() {
        long before = storage.size();
        try {
            long now = storage.remeasure();
            if (now != before) {
                LOG.log(Level.INFO, storage + " has " + now + " bytes now, it had " + before);
                configChanged.run();
            }
        } catch (IOException e) {
            LOG.log(Level.ERROR, storage + " cannot be looked at again: " + e.getMessage());
        }
    }

    @Override
    public void reset() {
        disk.cache().negotiated(false, false);
    }

    @Override
    public QueueHandler start(QueueContext context) throws IOException {
        return new BlkQueue(disk, context, config.queueSize());
    }

    @Override
    public void close() {
        threads.close();
        storage.close();
    }
}

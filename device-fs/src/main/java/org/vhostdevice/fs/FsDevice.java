package org.vhostdevice.fs;

import org.vhostdevice.core.device.ConfigSpace;
import org.vhostdevice.core.device.DeviceType;
import org.vhostdevice.core.device.IoThreads;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.fs.fuse.FuseOptions;
import org.vhostdevice.fs.fuse.FuseServer;
import org.vhostdevice.fs.queue.FsQueue;
import org.vhostdevice.fs.queue.LockWaits;
import org.vhostdevice.fs.vfs.FileSystem;

/// A virtio file system device (VIRTIO 1.4, 5.11): a high-priority queue, and request queues behind it, each with a
/// worker and threads of its own, so that none waits for another.
final class FsDevice implements VirtioDevice {
    /// How many threads a queue has if nobody says: enough to keep a medium busy.
    private static final int DEFAULT_THREADS = 16;

    private final FsConfig config;
    private final FileSystem files;
    private final FuseServer server;
    private final LockWaits locks = new LockWaits();
    private final IoThreads[] threads;

    /// Makes a device.
    ///
    /// @param files what it serves; closed with the device
    /// @param options what the guest may do
    FsDevice(FsConfig config, FileSystem files, FuseOptions options) {
        this.config = config;
        this.files = files;
        server = new FuseServer(files, options);
        threads = new IoThreads[1 + config.requestQueues()];
        int most = config.threads() == 0 ? DEFAULT_THREADS : config.threads();
        for (int i = 0; i < threads.length; i++) {
            threads[i] = new IoThreads(most, "vhost-fs-q" + i);
        }
    }

    @Override
    public DeviceType type() {
        return DeviceType.FS;
    }

    @Override
    public int queueCount() {
        return threads.length;
    }

    /// {@return none} A queue of notifications would carry `FUSE_NOTIFY_LOCK` only, which has no number in the FUSE
    /// protocol.
    @Override
    public long features() {
        return 0;
    }

    /// {@return false} A request may wait for a lock until another one behind it gives that back.
    @Override
    public boolean inOrder() {
        return false;
    }

    /// {@return nothing if the front end knows the tag}
    @Override
    public ConfigSpace config() {
        String tag = config.tag();
        return tag == null ? ConfigSpace.EMPTY : new FsConfigSpace(tag, config.requestQueues());
    }

    @Override
    public QueueHandler start(QueueContext context) {
        return new FsQueue(context, server, threads[context.index()], locks);
    }

    @Override
    public void reset() {
        server.reset();
    }

    @Override
    public void close() {
        for (IoThreads each : threads) {
            each.close();
        }
        files.close();
    }
}

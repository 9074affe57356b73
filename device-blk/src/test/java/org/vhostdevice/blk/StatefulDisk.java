package org.vhostdevice.blk;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.vhostdevice.core.device.ConfigSpace;
import org.vhostdevice.core.device.DeviceState;
import org.vhostdevice.core.device.DeviceType;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.core.virtqueue.DescriptorChain;

/// A disk that knows something else besides, which moves with its guest, and that can rest for a while.
final class StatefulDisk implements VirtioDevice {
    volatile byte[] known = {};
    private final BlkDevice disk;
    private final List<QueueContext> queues = new CopyOnWriteArrayList<>();
    private volatile boolean resting;

    StatefulDisk(BlkDevice disk) {
        this.disk = disk;
    }

    @Override
    public DeviceState state() {
        return new DeviceState() {
            @Override
            public void save(OutputStream to) throws IOException {
                to.write(known);
            }

            @Override
            public void load(InputStream from) throws IOException {
                known = from.readAllBytes();
            }
        };
    }

    @Override
    public DeviceType type() {
        return disk.type();
    }

    @Override
    public int queueCount() {
        return disk.queueCount();
    }

    @Override
    public int maxQueueSize() {
        return disk.maxQueueSize();
    }

    @Override
    public long features() {
        return disk.features();
    }

    @Override
    public ConfigSpace config() {
        return disk.config();
    }

    @Override
    public QueueHandler start(QueueContext context) throws IOException {
        QueueHandler handler = disk.start(context);
        queues.add(context);
        return new QueueHandler() {
            @Override
            public boolean ready() {
                return !resting && handler.ready();
            }

            @Override
            public void handle(DescriptorChain chain) {
                handler.handle(chain);
            }

            @Override
            public void batchEnd() {
                handler.batchEnd();
            }

            @Override
            public void quiesce() {
                handler.quiesce();
            }

            @Override
            public boolean suspend() {
                return handler.suspend();
            }

            @Override
            public void close() {
                queues.remove(context);
                handler.close();
            }
        };
    }

    /// Takes no requests, or goes on.
    void rest(boolean on) {
        resting = on;
        queues.forEach(context -> context.execute(context::resume));
    }

    @Override
    public void reset() {
        known = new byte[0];
        disk.reset();
    }

    @Override
    public void close() {
        disk.close();
    }
}

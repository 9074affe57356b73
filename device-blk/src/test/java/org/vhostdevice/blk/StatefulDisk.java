package org.vhostdevice.blk;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.vhostdevice.core.device.ConfigSpace;
import org.vhostdevice.core.device.DeviceState;
import org.vhostdevice.core.device.DeviceType;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.device.VirtioDevice;

/// A disk that knows something else besides, which moves with its guest.
final class StatefulDisk implements VirtioDevice {
    volatile byte[] known = {};
    private final BlkDevice disk;

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
        return disk.start(context);
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

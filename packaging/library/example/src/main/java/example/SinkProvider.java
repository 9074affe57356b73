package example;

import org.vhostdevice.core.device.DeviceArguments;
import org.vhostdevice.core.device.DeviceProvider;
import org.vhostdevice.core.device.DeviceType;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.device.VirtioDevice;

/// A device that takes whatever its driver sends and answers nothing.
public final class SinkProvider implements DeviceProvider {
    @Override
    public String name() {
        return "sink";
    }

    @Override
    public String summary() {
        return "Take whatever a driver sends";
    }

    @Override
    public DeviceType type() {
        return new DeviceType("sink", 42);
    }

    @Override
    public DeviceArguments arguments() {
        return Sink::new;
    }

    private static final class Sink implements VirtioDevice {
        @Override
        public DeviceType type() {
            return new DeviceType("sink", 42);
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
            return chain -> chain.complete(0);
        }

        @Override
        public void close() {}
    }
}

package example;

import java.util.ServiceLoader;
import org.vhostdevice.core.device.DeviceProvider;

/// Names all devices that are there, and opens the one of this project.
public final class Main {
    private Main() {}

    public static void main(String[] args) throws Exception {
        for (DeviceProvider device : ServiceLoader.load(DeviceProvider.class)) {
            System.out.println("device " + device.name() + ": " + device.summary());
            if (device.name().equals("sink")) {
                device.arguments().open().close();
            }
        }
    }
}
